using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>Which records are shown: all conditions that are set must hold.</summary>
/// <remarks>Source of truth: XLogRecordMatchesRelationBlock, XLogRecordHasFPW, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c.</remarks>
internal sealed class RecordFilter
{
    private readonly bool[] _managers = new bool[256];
    private bool _anyManager = true;

    /// <summary>No condition is set.</summary>
    internal bool IsEmpty => _anyManager && !FullPage && Xid is null && Relation is null && Block is null && Fork is null;

    /// <summary>-x</summary>
    internal uint? Xid { get; set; }

    /// <summary>-R</summary>
    internal RelFileNode? Relation { get; set; }

    /// <summary>-B</summary>
    internal uint? Block { get; set; }

    /// <summary>-F</summary>
    internal int? Fork { get; set; }

    /// <summary>-w: with an image of a block.</summary>
    internal bool FullPage { get; set; }

    /// <summary>-r, which may come several times.</summary>
    internal void Add(ResourceManagerId manager)
    {
        _anyManager = false;
        _managers[(byte)manager] = true;
    }

    internal bool Matches(WalReader record) =>
        (_anyManager || _managers[(byte)record.Header.Rmgr])
        && (Xid is null || Xid == record.Header.Xid)
        && ((Relation is null && Block is null && Fork is null) || MatchesBlock(record))
        && (!FullPage || HasImage(record));

    private bool MatchesBlock(WalReader record)
    {
        for (int id = 0; id <= record.MaxBlockId; id++)
        {
            ref readonly WalBlock block = ref record.Block(id);
            if (block.Exists && (Fork is null || Fork == block.Fork) && (Relation is null || Relation == block.Relation) && (Block is null || Block == block.Number))
                return true;
        }
        return false;
    }

    private static bool HasImage(WalReader record)
    {
        for (int id = 0; id <= record.MaxBlockId; id++)
        {
            if (record.Block(id).HasImage)
                return true;
        }
        return false;
    }
}
