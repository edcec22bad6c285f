using System.Buffers.Binary;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Tells damage in the middle of WAL from its end. Both look alike where the reader stops, but what is written next would destroy all that lies behind.</summary>
/// <remarks>Whoever writes WAL here makes a segment durable before the next one gets a byte: so a valid record in a later segment says that everything before it was flushed
/// once, and may have been acknowledged. A power cut never looks like that. Behind a damaged place in the last segment nothing can be told from what was written and never
/// flushed. PostgreSQL 15 does not look: it ends recovery there.</remarks>
internal static class DamagedWal
{
    private const string MakeAnew = "Promote a standby that is up to date, keep this directory aside, and make the node anew with \"pgrepl init --standby\".";

    /// <summary>To be called where reading has stopped, before anything is written there.</summary>
    /// <exception cref="PgException">XX001: it is not the end.</exception>
    public static void Check(RecoveryState state, WalReader reader, DataDirectory data)
    {
        Lsn end = state.Replayed, checkpoint = state.Control.CheckpointLocation;
        int size = state.SegmentSize;
        Lsn found = end <= checkpoint ? checkpoint : Find(data, size, state.Control.SystemId, state.History, state.ReplayTimeline, end);
        if (!found.IsValid)
            return;
        string segment = WalSegment.Containing(end, state.ReplayTimeline, size).FileName(size);
        WalSegment later = WalSegment.Containing(found, state.ReplayTimeline, size);
        string giveUp = later.Number == end.Value / (ulong)size ? ""
            : $" To give up all WAL from {end} on instead, move segment {later.FileName(size)} and those after it out of pg_wal, and start the node again.";
        throw new PgException(SqlStates.DataCorrupted, $"WAL is damaged at {end}: a valid record follows at {found}",
            $"In segment {segment}, offset {end.Value % (ulong)size}: {reader.Error ?? "no record"}.", MakeAnew + giveUp);
    }

    /// <param name="timeline">Whose segments count.</param>
    /// <param name="end">Of the last record that could be read.</param>
    /// <returns>A valid record in a segment that got its first byte when everything at <paramref name="end"/> was flushed; invalid: there is none.</returns>
    internal static Lsn Find(DataDirectory data, int segmentSize, ulong systemId, TimelineHistory history, TimelineId timeline, Lsn end)
    {
        using SegmentPageSource source = new(data, segmentSize, history);
        ulong last = LastSegmentOf(source, segmentSize, end);
        WalReader reader = new(source, PostgresMajor.LogCluster, segmentSize, systemId);
        foreach (WalSegment segment in WalDirectory.List(data, segmentSize))
            if (segment.Timeline == timeline && segment.Number > last && reader.FindNextRecord(segment.Start(segmentSize)) is { IsValid: true } found)
                return found;
        return Lsn.Invalid;
    }

    /// <summary>The record that could not be read may have reached into later segments, which may not have been flushed.</summary>
    private static ulong LastSegmentOf(SegmentPageSource source, int segmentSize, Lsn end)
    {
        Lsn start = end.PageOffset == 0 ? end + (ulong)WalFormat.PageHeaderSize(end, segmentSize) : end;
        ulong here = end.Value / (ulong)segmentSize;
        byte[] page = new byte[WalFormat.PageSize];
        if (source.ReadPage(start.PageStart, WalFormat.PageSize, start, page).Status != WalPageStatus.Available)
            return here;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(start.PageOffset)); // xl_tot_len: never cut by a page's end
        if (length is < WalRecordHeader.Size or > WalRecordBuilder.MaxRecordSize)
            return here;
        WalPositions positions = new(segmentSize);
        return (positions.EndFromUsableBytes(positions.ToUsableBytes(start) + length).Value - 1) / (ulong)segmentSize;
    }
}
