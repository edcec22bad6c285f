namespace Pgrepl.Wal.Tests.Records;

/// <summary>Every code that 13 tells otherwise than 14, word for word. No pg_waldump of 13 is here: the texts are those of PostgreSQL 13, src/backend/access/rmgrdesc, the layouts those of src/include/access.</summary>
public sealed class DescriptionsOf13Tests
{
    /// <summary>Database 5, transactional, a prefix of 3 with its zero, a content of 2.</summary>
    internal const string Message = "0500000001000000" + "0300000000000000" + "0200000000000000" + "707100" + "FF01";

    private const string Relation = "7F060000" + "05000000" + "00400000"; // 1663/5/16384

    // xl_heap_clean, xl_heap_freeze_page, xl_heap_cleanup_info; the numbers 0x10 to 0x30 stand for others in 14
    [TestCase(ResourceManagerId.Heap2, 0x10, "D2040000" + "0300" + "0400", "", "CLEAN remxid 1234")]
    [TestCase(ResourceManagerId.Heap2, 0x10, "D2040000" + "0300" + "04", "", "CLEAN (record is cut short)")]
    [TestCase(ResourceManagerId.Heap2, 0x20, "D3040000" + "0700", "", "FREEZE_PAGE cutoff xid 1235 ntuples 7")]
    [TestCase(ResourceManagerId.Heap2, 0x20, "D3040000" + "07", "", "FREEZE_PAGE (record is cut short)")]
    [TestCase(ResourceManagerId.Heap2, 0x30, Relation + "D4040000", "", "CLEANUP_INFO remxid 1236")]
    [TestCase(ResourceManagerId.Heap2, 0x30, Relation + "D40400", "", "CLEANUP_INFO (record is cut short)")]
    [TestCase(ResourceManagerId.Heap2, 0x40, "D5040000" + "03", "", "VISIBLE cutoff xid 1237 flags 0x03")]
    // xl_btree_delete, xl_btree_unlink_page, xl_btree_reuse_page, xl_btree_metadata
    [TestCase(ResourceManagerId.Btree, 0x70, "D2040000" + "05000100", "", "DELETE latestRemovedXid 1234; ndeleted 65541")]
    [TestCase(ResourceManagerId.Btree, 0x70, "D2040000" + "0500", "", "DELETE (record is cut short)")]
    [TestCase(ResourceManagerId.Btree, 0x80, "01000000" + "02000000" + "03000000" + "04000000" + "FFFFFFFF" + "D2040000", "",
        "UNLINK_PAGE left 1; right 2; btpo_xact 1234; leafleft 3; leafright 4; topparent 4294967295")]
    [TestCase(ResourceManagerId.Btree, 0x80, "01000000" + "02000000" + "03000000" + "04000000" + "FFFFFFFF" + "D204", "", "UNLINK_PAGE (record is cut short)")]
    [TestCase(ResourceManagerId.Btree, 0x90, "01000000" + "02000000" + "03000000" + "04000000" + "05000000" + "D2040000", "",
        "UNLINK_PAGE_META left 1; right 2; btpo_xact 1234; leafleft 3; leafright 4; topparent 5")]
    [TestCase(ResourceManagerId.Btree, 0xD0, Relation + "09000000" + "D2040000", "", "REUSE_PAGE rel 1663/5/16384; latestRemovedXid 1234")]
    [TestCase(ResourceManagerId.Btree, 0xD0, Relation + "09000000" + "D204", "", "REUSE_PAGE (record is cut short)")]
    [TestCase(ResourceManagerId.Btree, 0xE0, "", "04000000" + "03000000" + "01000000" + "03000000" + "01000000" + "D2040000" + "0000000000388F40" + "0100000000000000",
        "META_CLEANUP oldest_btpo_xact 1234; last_cleanup_num_heap_tuples: 999.000000")]
    [TestCase(ResourceManagerId.Btree, 0xE0, "", "04000000" + "03000000" + "01000000" + "03000000" + "01000000" + "00000000" + "000000000000F0BF" + "0000000000000000",
        "META_CLEANUP oldest_btpo_xact 0; last_cleanup_num_heap_tuples: -1.000000")]
    [TestCase(ResourceManagerId.Btree, 0xE0, "", "04000000" + "03000000" + "01000000" + "03000000" + "01000000" + "D2040000" + "0000000000388F40", "META_CLEANUP (record is cut short)")]
    // xl_hash_vacuum_one_page
    [TestCase(ResourceManagerId.Hash, 0xC0, "D2040000" + "06000000", "", "VACUUM_ONE_PAGE ntuples 6, latest removed xid 1234")]
    // spgxlog*: 14's records, other texts
    [TestCase(ResourceManagerId.SpGist, 0x10, "0000" + "0100" + "0200" + "0300" + "0400", "", "ADD_LEAF add leaf to page; off 1; headoff 2; parentoff 3")]
    [TestCase(ResourceManagerId.SpGist, 0x10, "0101" + "0100" + "0200" + "0300" + "0400", "", "ADD_LEAF add leaf to page; off 1; headoff 2; parentoff 3 (newpage) (nulls)")]
    [TestCase(ResourceManagerId.SpGist, 0x10, "0101" + "0100" + "0200" + "0300" + "04", "", "ADD_LEAF (record is cut short)")]
    [TestCase(ResourceManagerId.SpGist, 0x20, "0700" + "01010100" + "0200" + "0300" + "0000" + "D204000000000000" + "0000", "", "MOVE_LEAFS 7 leafs")]
    [TestCase(ResourceManagerId.SpGist, 0x30, "0500" + "0600" + "0100" + "0200" + "0300" + "0000" + "D204000000000000", "", "ADD_NODE off 5")]
    [TestCase(ResourceManagerId.SpGist, 0x40, "0500" + "0600" + "0100", "", "SPLIT_TUPLE prefix off: 5, postfix off: 6 (same 0, new 1)")]
    [TestCase(ResourceManagerId.SpGist, 0x40, "0500" + "0600" + "0001", "", "SPLIT_TUPLE prefix off: 5, postfix off: 6 (same 1, new 0)")]
    [TestCase(ResourceManagerId.SpGist, 0x50, "0100" + "0500" + "0600" + "0000" + "0700" + "0001" + "0100" + "0800" + "0900" + "0000" + "D204000000000000", "",
        "PICKSPLIT ndel 5; nins 6 (innerIsParent) (isRootSplit)")]
    [TestCase(ResourceManagerId.SpGist, 0x50, "0000" + "0500" + "0600" + "0000" + "0700" + "0001" + "0000" + "0800" + "0900" + "0000" + "D204000000000000", "", "PICKSPLIT ndel 5; nins 6")]
    [TestCase(ResourceManagerId.SpGist, 0x60, "0100" + "0200" + "0300" + "0400" + "D204000000000000", "", "VACUUM_LEAF ")]
    [TestCase(ResourceManagerId.SpGist, 0x70, "0100" + "0000" + "D204000000000000", "", "VACUUM_ROOT ")]
    [TestCase(ResourceManagerId.SpGist, 0x80, "0100" + "0200" + "D2040000", "", "VACUUM_REDIRECT newest XID 1234")]
    // xl_commit_ts_set, which 14 has no more
    [TestCase(ResourceManagerId.CommitTimestamp, 0x20, "40420F0000000000" + "0300" + "0000" + "D2040000", "", "SETTS set 2000-01-01 00:00:01.000000 UTC/3 for: 1234")]
    [TestCase(ResourceManagerId.CommitTimestamp, 0x20, "40420F0000000000" + "0300" + "0000" + "D2040000" + "D3040000" + "D4040000", "",
        "SETTS set 2000-01-01 00:00:01.000000 UTC/3 for: 1234, 1235, 1236")]
    [TestCase(ResourceManagerId.CommitTimestamp, 0x20, "40420F0000000000" + "0300" + "0000" + "D204", "", "SETTS (record is cut short)")]
    // xl_logical_message
    [TestCase(ResourceManagerId.LogicalMessage, 0x00, Message, "", "MESSAGE transactional message size 2 bytes")]
    [TestCase(ResourceManagerId.LogicalMessage, 0x00, "0500000000000000" + "0100000000000000" + "0000000000000000" + "00", "", "MESSAGE nontransactional message size 0 bytes")]
    // XLOG_XACT_INVALIDATIONS is 14's
    [TestCase(ResourceManagerId.Transaction, 0x60, "00000000", "", "UNKNOWN (60) ")]
    // a prepared transaction has no counts of statistics, a database's codes are 0x00 and 0x10
    [TestCase(ResourceManagerId.Database, 0x00, "06000000" + "7F060000" + "01000000" + "7F060000", "", "CREATE copy dir 1663/1 to 1663/6")]
    [TestCase(ResourceManagerId.Database, 0x10, "06000000" + "01000000" + "7F060000", "", "DROP dir 1663/6")]
    public void A_record_of_13_says(ResourceManagerId rmgr, int operation, string main, string data, string expected)
    {
        var log = new MajorLog();
        log.Append(rmgr, (byte)operation, Convert.FromHexString(main), Convert.FromHexString(data));
        Assert.That(log.Tell(PostgresMajor.Of(13)).Single().Text, Is.EqualTo(expected));
    }
}
