using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Init;

/// <summary>The first WAL of a cluster: segment 1 of timeline 1 with one CHECKPOINT_SHUTDOWN record behind the page header.</summary>
/// <remarks>Segment 0 stays unused, so that no record lies at LSN 0. Source of truth: BootStrapXLOG, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
internal static class FirstSegment
{
    internal const ulong FirstNormalXid = 3;
    private const uint FirstGenbkiObjectId = 10000;
    private const uint TemplateDatabase = 1;

    /// <summary>Where the record goes, and its redo.</summary>
    internal static Lsn Start(int segmentSize) => new((ulong)segmentSize + WalFormat.LongPageHeaderSize);

    internal static Checkpoint Checkpoint(int segmentSize, ulong nextXid) => new(
        Redo: Start(segmentSize),
        Timeline: TimelineId.First,
        PreviousTimeline: TimelineId.First,
        FullPageWrites: true,
        NextXid: nextXid,
        NextOid: FirstGenbkiObjectId,
        NextMulti: 1,
        NextMultiOffset: 0,
        OldestXid: (uint)nextXid,
        OldestXidDatabase: TemplateDatabase,
        OldestMulti: 1,
        OldestMultiDatabase: TemplateDatabase,
        Time: DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        OldestCommitTimestampXid: 0,
        NewestCommitTimestampXid: 0,
        OldestActiveXid: 0);

    /// <summary>Durable when it returns.</summary>
    internal static void Write(DataDirectory directory, ulong systemId, int segmentSize, Checkpoint checkpoint)
    {
        var builder = new WalRecordBuilder();
        checkpoint.Build(builder, shutdown: true);
        builder.Seal();
        byte[] page = new byte[WalFormat.PageSize];
        WalPages.Lay(builder.Finish(Lsn.Invalid), Start(segmentSize), segmentSize, TimelineId.First, systemId, (_, _) => page);

        var segment = WalSegment.Containing(Start(segmentSize), TimelineId.First, segmentSize);
        WalSegmentFile.Create(directory, segment, segmentSize);
        using WalSegmentFile file = WalSegmentFile.OpenWrite(directory, segment, segmentSize);
        file.Write(0, page);
        file.SyncData();
    }
}
