using System.Text.RegularExpressions;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>The workload itself: what a comparison over it is worth.</summary>
public sealed partial class EveryRecordTests
{
    /// <summary>Every type that PostgreSQL 15 has a name for, but for two that it never writes: XLOG/NOOP and Heap/HOT_UPDATE+INIT (the new version is on the page of the old one).</summary>
    private static readonly (string Rmgr, string Types)[] Expected =
    [
        ("XLOG", "CHECKPOINT_SHUTDOWN CHECKPOINT_ONLINE NEXTOID SWITCH BACKUP_END PARAMETER_CHANGE RESTORE_POINT FPW_CHANGE END_OF_RECOVERY FPI_FOR_HINT FPI OVERWRITE_CONTRECORD"),
        ("Transaction", "COMMIT PREPARE ABORT COMMIT_PREPARED ABORT_PREPARED ASSIGNMENT INVALIDATION"),
        ("Storage", "CREATE TRUNCATE"),
        ("CLOG", "ZEROPAGE TRUNCATE"),
        ("Database", "CREATE_FILE_COPY CREATE_WAL_LOG DROP"),
        ("Tablespace", "CREATE DROP"),
        ("MultiXact", "ZERO_OFF_PAGE ZERO_MEM_PAGE CREATE_ID TRUNCATE_ID"),
        ("RelMap", "UPDATE"),
        ("Standby", "LOCK RUNNING_XACTS INVALIDATIONS"),
        ("Heap2", "REWRITE PRUNE VACUUM FREEZE_PAGE VISIBLE MULTI_INSERT MULTI_INSERT+INIT LOCK_UPDATED NEW_CID"),
        ("Heap", "INSERT INSERT+INIT DELETE UPDATE UPDATE+INIT HOT_UPDATE TRUNCATE HEAP_CONFIRM LOCK INPLACE"),
        ("Btree", "INSERT_LEAF INSERT_UPPER INSERT_META SPLIT_L SPLIT_R INSERT_POST DEDUP DELETE UNLINK_PAGE UNLINK_PAGE_META NEWROOT MARK_PAGE_HALFDEAD VACUUM REUSE_PAGE META_CLEANUP"),
        ("Hash", "INIT_META_PAGE INIT_BITMAP_PAGE INSERT ADD_OVFL_PAGE SPLIT_ALLOCATE_PAGE SPLIT_PAGE SPLIT_COMPLETE MOVE_PAGE_CONTENTS SQUEEZE_PAGE DELETE SPLIT_CLEANUP UPDATE_META_PAGE VACUUM_ONE_PAGE"),
        ("Gin", "CREATE_PTREE INSERT SPLIT VACUUM_PAGE DELETE_PAGE UPDATE_META_PAGE INSERT_LISTPAGE DELETE_LISTPAGE VACUUM_DATA_LEAF_PAGE"),
        ("Gist", "PAGE_UPDATE DELETE PAGE_REUSE PAGE_SPLIT PAGE_DELETE ASSIGN_LSN"),
        ("Sequence", "LOG"),
        ("SPGist", "ADD_LEAF MOVE_LEAFS ADD_NODE SPLIT_TUPLE PICKSPLIT VACUUM_LEAF VACUUM_ROOT VACUUM_REDIRECT"),
        ("BRIN", "CREATE_INDEX INSERT INSERT+INIT UPDATE UPDATE+INIT SAMEPAGE_UPDATE REVMAP_EXTEND DESUMMARIZE"),
        ("CommitTs", "ZEROPAGE TRUNCATE"),
        ("ReplicationOrigin", "SET DROP"),
        ("Generic", "Generic"),
        ("LogicalMessage", "MESSAGE"),
    ];

    /// <summary>For instance Heap/INSERT+INIT.</summary>
    internal static IEnumerable<string> Types => Expected.SelectMany(line => line.Types.Split(' ').Select(type => $"{line.Rmgr}/{type}"));

    /// <summary>The same of 13, 14 and 16 to 18: before 15 a database was made in one way; 13 has CLEAN for PRUNE and VACUUM, tells standbys of a VACUUM's horizon by itself, and commits alone tell of invalidations;
    /// 17 has one record for PRUNE, VACUUM and FREEZE_PAGE, under three names, and says where a checkpoint begins.</summary>
    internal static IEnumerable<string> TypesOf(int major) => major switch
    {
        13 => TypesOf(14).Except(["Heap2/PRUNE", "Heap2/VACUUM", "Transaction/INVALIDATION"]).Concat(["Heap2/CLEAN", "Heap2/CLEANUP_INFO"]),
        14 => Types.Except(["Database/CREATE_FILE_COPY", "Database/CREATE_WAL_LOG"]).Append("Database/CREATE"),
        < 17 => Types,
        _ => Types.Except(["Heap2/PRUNE", "Heap2/VACUUM", "Heap2/FREEZE_PAGE"]).Concat(["Heap2/PRUNE_ON_ACCESS", "Heap2/PRUNE_VACUUM_SCAN", "Heap2/PRUNE_VACUUM_CLEANUP", "XLOG/CHECKPOINT_REDO"]),
    };

    [Test]
    public void Workload_reaches_every_record_type()
    {
        EveryRecord workload = SharedWorkload.EveryRecord;
        var reached = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (int timeline in new[] { 1, 2 })
        {
            (string first, string last) = workload.Segments(timeline);
            (_, string output, string errors) = PostgresTools.Run("pg_waldump", "--stats=record", "-p", workload.Wal, first, last);
            Assert.That(errors, Does.Contain(": invalid record length at "), "the end of its WAL");
            foreach (Match line in StatsLine().Matches(output))
                reached[line.Groups["type"].Value] = reached.GetValueOrDefault(line.Groups["type"].Value) + long.Parse(line.Groups["count"].Value);
        }
        foreach ((string type, long count) in reached)
            TestContext.Out.WriteLine($"{type,-30} {count,8}");
        Assert.That(reached.Keys, Is.EquivalentTo(Types));
    }

    [GeneratedRegex(@"^(?<type>\w+/\S+) +(?<count>\d+) ", RegexOptions.Multiline)]
    private static partial Regex StatsLine();
}
