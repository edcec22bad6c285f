using System.Text.RegularExpressions;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>Lines of pg_waldump 15 in the words of 13, where the record has the same bytes in both and 13 names them otherwise, or fewer of them.</summary>
/// <remarks>Source of truth: PostgreSQL 13 and 15, src/backend/access/rmgrdesc.</remarks>
internal static class WordsOf13
{
    private const string Label = "desc: ";

    private static readonly ILookup<string, (Regex In15, string In13)> Texts = new[]
    {
        Text(@"PRUNE latestRemovedXid (\d+) nredirected \d+ ndead \d+", "CLEAN remxid $1"),
        Text(@"DELETE (latestRemovedXid \d+; ndeleted \d+); nupdated 0", "DELETE $1"), // 4 bytes of ndeleted are 2 and 2 in 15
        Text(@"META_CLEANUP last_cleanup_num_delpages (\d+)", "META_CLEANUP oldest_btpo_xact $1"), // the rows, which follow, have no place in 15
        Text(@"VACUUM_ONE_PAGE ntuples (\d+), latestRemovedXid (\d+)", "VACUUM_ONE_PAGE ntuples $1, latest removed xid $2"),
        Text(@"ADD_LEAF off: (\d+), headoff: (\d+), parentoff: (\d+), nodeI: \d+", "ADD_LEAF add leaf to page; off $1; headoff $2; parentoff $3"),
        Text(@"MOVE_LEAFS nmoves: (\d+), parentoff: \d+, nodeI: \d+( \((newpage|replacedead|nulls)\))*", "MOVE_LEAFS $1 leafs"),
        Text(@"ADD_NODE off: (\d+), newoff: \d+, parentBlk: -?\d+, parentoff: \d+, nodeI: \d+( \(newpage\))?", "ADD_NODE off $1"),
        Text(@"SPLIT_TUPLE prefixoff: (\d+), postfixoff: (\d+) \(newpage\)", "SPLIT_TUPLE prefix off: $1, postfix off: $2 (same 0, new 1)"),
        Text(@"SPLIT_TUPLE prefixoff: (\d+), postfixoff: (\d+) \(same\)", "SPLIT_TUPLE prefix off: $1, postfix off: $2 (same 1, new 0)"),
        Text(@"SPLIT_TUPLE prefixoff: (\d+), postfixoff: (\d+)(?=$|,)", "SPLIT_TUPLE prefix off: $1, postfix off: $2 (same 0, new 0)"),
        Text(@"PICKSPLIT ndelete: (\d+), ninsert: (\d+), inneroff: \d+, parentoff: \d+, nodeI: \d+( \(innerIsParent\))?( \(nulls\))?", "PICKSPLIT ndel $1; nins $2$3"),
        Text(@"VACUUM_LEAF ndead: \d+, nplaceholder: \d+, nmove: \d+, nchain: \d+", "VACUUM_LEAF "),
        Text(@"VACUUM_ROOT ndelete: \d+", "VACUUM_ROOT "),
        Text(@"VACUUM_REDIRECT ntoplaceholder: \d+, firstplaceholder: \d+, newestredirectxid: (\d+)", "VACUUM_REDIRECT newest XID $1"),
        Text("MESSAGE transactional, prefix \"[^\"]*\"; payload \\((\\d+) bytes\\): [0-9A-F ]*", "MESSAGE transactional message size $1 bytes"),
        Text("MESSAGE non-transactional, prefix \"[^\"]*\"; payload \\((\\d+) bytes\\): [0-9A-F ]*", "MESSAGE nontransactional message size $1 bytes"),
    }.ToLookup(text => text.Type, text => (text.In15, text.In13));

    private static readonly Regex Rows = new(@"(?<=desc: META_CLEANUP oldest_btpo_xact \d+); last_cleanup_num_heap_tuples: -1\.000000");

    /// <summary>What of our line pg_waldump 15 can judge: not the rows of META_CLEANUP, which the later minors of 13 always give as -1 (_bt_update_meta_cleanup_info, src/backend/access/nbtree/nbtpage.c).</summary>
    public static string Judged(string line) => Rows.Replace(line, "");

    /// <summary>A line of pg_waldump 15.</summary>
    public static string Of(string line)
    {
        int type = line.IndexOf(Label, StringComparison.Ordinal) + Label.Length;
        if (type < Label.Length)
            return line;
        foreach ((Regex in15, string in13) in Texts[line[type..(line.IndexOf(' ', type) is > 0 and int end ? end : line.Length)]])
            if (in15.IsMatch(line, type))
                return in15.Replace(line, in13, 1, type);
        return line;
    }

    /// <summary>A record that has no like in 15, or another layout there. What blocks an unlinked page's siblings are, its block references say too.</summary>
    public static bool IsReadOtherwise(WalReader record)
    {
        if (record.Header is { Rmgr: ResourceManagerId.Btree, Operation: BtreeInfo.UnlinkPage or BtreeInfo.UnlinkPageMeta })
        {
            Assert.That(BtreeUnlinkPageOf13.TryRead(record.MainData, out BtreeUnlinkPageOf13 unlink));
            Assert.That((unlink.Left, unlink.Right), Is.EqualTo((record.HasBlock(1) ? record.Block(1).Number : 0, record.Block(2).Number)));
            return true;
        }
        return (record.Header.Rmgr, record.Header.Operation) is (ResourceManagerId.Heap2, Heap2InfoOf13.CleanupInfo) or (ResourceManagerId.Btree, BtreeInfo.ReusePage);
    }

    /// <summary>What these say, numbers as N.</summary>
    public static IEnumerable<string> Untold { get; } =
    [
        "CLEANUP_INFO remxid N", "REUSE_PAGE rel N/N/N; latestRemovedXid N",
        .. new[] { "UNLINK_PAGE", "UNLINK_PAGE_META" }.Select(name => $"{name} left N; right N; btpo_xact N; leafleft N; leafright N; topparent N"),
    ];

    private static (string Type, Regex In15, string In13) Text(string in15, string in13) => (in15[..in15.IndexOf(' ')], new Regex($@"\G{in15}", RegexOptions.Compiled), in13);
}
