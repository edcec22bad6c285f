namespace Pgrepl.Wal;

/// <summary>The table of resource managers: a name, and what their records are called and say. Each one's part is <c>XxxDescription</c> in its folder, whose
/// <c>Describe</c> says false of a record that is shorter than it claims.</summary>
/// <remarks>A description never throws, whatever the record holds; one that is shorter than it claims ends in <see cref="WalText.AppendCutShort"/>.
/// Source of truth: GetRmgrDesc, PostgreSQL 15, src/bin/pg_waldump/rmgrdesc.c, src/include/access/rmgrlist.h.</remarks>
public static class WalDescription
{
    /// <summary>RM_MAX_BUILTIN_ID.</summary>
    public const ResourceManagerId LastBuiltIn = ResourceManagerId.LogicalMessage;

    /// <summary>rm_name; of an extension's <c>custom###</c>.</summary>
    public static ReadOnlySpan<byte> Name(ResourceManagerId id) => id <= LastBuiltIn ? BuiltInName(id) : CustomNames[(byte)id];

    private static ReadOnlySpan<byte> BuiltInName(ResourceManagerId id) => id switch
    {
        ResourceManagerId.Xlog => "XLOG"u8,
        ResourceManagerId.Transaction => "Transaction"u8,
        ResourceManagerId.Storage => "Storage"u8,
        ResourceManagerId.Clog => "CLOG"u8,
        ResourceManagerId.Database => "Database"u8,
        ResourceManagerId.Tablespace => "Tablespace"u8,
        ResourceManagerId.MultiXact => "MultiXact"u8,
        ResourceManagerId.RelationMap => "RelMap"u8,
        ResourceManagerId.Standby => "Standby"u8,
        ResourceManagerId.Heap2 => "Heap2"u8,
        ResourceManagerId.Heap => "Heap"u8,
        ResourceManagerId.Btree => "Btree"u8,
        ResourceManagerId.Hash => "Hash"u8,
        ResourceManagerId.Gin => "Gin"u8,
        ResourceManagerId.Gist => "Gist"u8,
        ResourceManagerId.Sequence => "Sequence"u8,
        ResourceManagerId.SpGist => "SPGist"u8,
        ResourceManagerId.Brin => "BRIN"u8,
        ResourceManagerId.CommitTimestamp => "CommitTs"u8,
        ResourceManagerId.ReplicationOrigin => "ReplicationOrigin"u8,
        ResourceManagerId.Generic => "Generic"u8,
        _ => "LogicalMessage"u8,
    };

    /// <summary>The first major whose records have names and descriptions here; of an older one's, but for XLOG/SWITCH, the framing alone is told: lengths, block references, images.</summary>
    public const int OldestMajor = 13;

    /// <summary>rm_identify: what a record with this info is called.</summary>
    /// <returns>Empty: nobody knows (NULL), or it is of a major before <see cref="OldestMajor"/>.</returns>
    public static ReadOnlySpan<byte> Identify(ResourceManagerId id, byte info, PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        if (major.Number >= OldestMajor)
            return NameOf(id, info, major);
        return id == ResourceManagerId.Xlog && (info & WalRecordHeader.OperationMask) == XlogInfo.Switch ? "SWITCH"u8 : default;
    }

    private static ReadOnlySpan<byte> NameOf(ResourceManagerId id, byte info, PostgresMajor major) => id switch
    {
        ResourceManagerId.Xlog => XlogDescription.Identify(info, major),
        ResourceManagerId.Transaction => TransactionDescription.Identify(info, major),
        ResourceManagerId.Storage => StorageDescription.Identify(info),
        ResourceManagerId.Clog => ClogDescription.Identify(info),
        ResourceManagerId.Database => DatabaseDescription.Identify(info, major),
        ResourceManagerId.Tablespace => TablespaceDescription.Identify(info),
        ResourceManagerId.MultiXact => MultiXactDescription.Identify(info),
        ResourceManagerId.RelationMap => RelationMapDescription.Identify(info),
        ResourceManagerId.Standby => StandbyDescription.Identify(info),
        ResourceManagerId.Heap2 => Heap2Description.Identify(info, major),
        ResourceManagerId.Heap => HeapDescription.Identify(info),
        ResourceManagerId.Btree => BtreeDescription.Identify(info),
        ResourceManagerId.Hash => HashDescription.Identify(info),
        ResourceManagerId.Gin => GinDescription.Identify(info),
        ResourceManagerId.Gist => GistDescription.Identify(info),
        ResourceManagerId.Sequence => SequenceDescription.Identify(info),
        ResourceManagerId.SpGist => SpGistDescription.Identify(info),
        ResourceManagerId.Brin => BrinDescription.Identify(info),
        ResourceManagerId.CommitTimestamp => CommitTimestampDescription.Identify(info, major),
        ResourceManagerId.ReplicationOrigin => ReplicationOriginDescription.Identify(info),
        ResourceManagerId.Generic => GenericDescription.Identify(),
        ResourceManagerId.LogicalMessage => LogicalMessageDescription.Identify(info),
        _ => default,
    };

    /// <summary>rm_desc: appends what the record that the reader holds says.</summary>
    public static void Describe(WalReader record, WalText text)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(text);
        if (record.Major.Number < OldestMajor)
            return;
        bool whole = record.Header.Rmgr switch
        {
            ResourceManagerId.Xlog => XlogDescription.Describe(record, text),
            ResourceManagerId.Transaction => TransactionDescription.Describe(record, text),
            ResourceManagerId.Storage => StorageDescription.Describe(record, text),
            ResourceManagerId.Clog => ClogDescription.Describe(record, text),
            ResourceManagerId.Database => DatabaseDescription.Describe(record, text),
            ResourceManagerId.Tablespace => TablespaceDescription.Describe(record, text),
            ResourceManagerId.MultiXact => MultiXactDescription.Describe(record, text),
            ResourceManagerId.RelationMap => RelationMapDescription.Describe(record, text),
            ResourceManagerId.Standby => StandbyDescription.Describe(record, text),
            ResourceManagerId.Heap2 => Heap2Description.Describe(record, text),
            ResourceManagerId.Heap => HeapDescription.Describe(record, text),
            ResourceManagerId.Btree => BtreeDescription.Describe(record, text),
            ResourceManagerId.Hash => HashDescription.Describe(record, text),
            ResourceManagerId.Gin => GinDescription.Describe(record, text),
            ResourceManagerId.Gist => GistDescription.Describe(record, text),
            ResourceManagerId.Sequence => SequenceDescription.Describe(record, text),
            ResourceManagerId.SpGist => SpGistDescription.Describe(record, text),
            ResourceManagerId.Brin => BrinDescription.Describe(record, text),
            ResourceManagerId.CommitTimestamp => CommitTimestampDescription.Describe(record, text),
            ResourceManagerId.ReplicationOrigin => ReplicationOriginDescription.Describe(record, text),
            ResourceManagerId.Generic => GenericDescription.Describe(record, text),
            ResourceManagerId.LogicalMessage => LogicalMessageDescription.Describe(record, text),
            _ => Custom(record.Header.Rmgr, text),
        };
        if (!whole)
            text.AppendCutShort();
    }

    private static bool Custom(ResourceManagerId id, WalText text)
    {
        text.Append("rmid: "u8).AppendUnsigned((byte)id);
        return true;
    }

    private static readonly byte[][] CustomNames = [.. Enumerable.Range(0, 256).Select(id => System.Text.Encoding.ASCII.GetBytes($"custom{id:D3}"))];
}
