using System.Buffers.Text;
using System.Text;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>One message of the drill as it was found on disk.</summary>
/// <param name="End">End of its record: what pg_logical_emit_message answers.</param>
internal readonly record struct FoundMessage(long Number, Lsn End, TimelineId Timeline);

/// <summary>The drill's messages in a node's WAL, read from its files by a fresh reader.</summary>
/// <param name="Messages">In the order of the WAL, those alone whose transaction committed.</param>
/// <param name="Records">All records read.</param>
/// <param name="End">Where the WAL ends.</param>
/// <param name="Why">What the reader said there.</param>
internal sealed record DrillMessages(IReadOnlyList<FoundMessage> Messages, long Records, Lsn End, string? Why)
{
    internal const string Prefix = "drill";

    private static readonly byte[] PrefixBytes = Encoding.ASCII.GetBytes(Prefix);

    /// <summary>Reads pg_wal of a stopped node, from its oldest segment on, along its newest timeline.</summary>
    internal static DrillMessages Read(DataDirectory directory)
    {
        ControlFileData control = ControlFile.Read(directory);
        TimelineId newest = control.Checkpoint.Timeline > control.MinRecoveryPointTimeline ? control.Checkpoint.Timeline : control.MinRecoveryPointTimeline;
        TimelineHistory history = TimelineHistoryFiles.Read(directory, newest);
        using var source = new SegmentPageSource(directory, control.SegmentSize, history);
        Lsn? oldest = null;
        foreach (WalSegment segment in WalDirectory.List(directory, control.SegmentSize))
        {
            if (history.Contains(segment.Timeline))
                oldest ??= segment.Start(control.SegmentSize);
        }
        return Read(source, oldest, history, control.SegmentSize, control.SystemId, Lsn.Invalid);
    }

    /// <summary>Reads WAL that a rejoin put aside: the folder holds whole segments.</summary>
    /// <param name="fork">A message counts when its transaction's commit, or without a transaction itself, starts there or behind.</param>
    internal static DrillMessages ReadAside(string folder, TimelineHistory history, int segmentSize, ulong systemId, Lsn fork)
    {
        using var source = new WalFolder(folder, segmentSize, history);
        return Read(source, source.Oldest, history, segmentSize, systemId, fork);
    }

    private static DrillMessages Read(IWalPageSource source, Lsn? oldest, TimelineHistory history, int segmentSize, ulong systemId, Lsn from)
    {
        if (oldest is not { } first)
            return new DrillMessages([], 0, Lsn.Invalid, "no WAL segments");
        var reader = new WalReader(source, PostgresMajor.LogCluster, segmentSize, systemId);
        if (!reader.FindNextRecord(first).IsValid)
            return new DrillMessages([], 0, Lsn.Invalid, reader.Error);

        var messages = new List<FoundMessage>();
        var open = new Dictionary<uint, List<FoundMessage>>();
        long records = 0;
        Lsn end = Lsn.Invalid;
        while (reader.Read() == WalReadStatus.Record)
        {
            records++;
            end = reader.RecordEnd;
            Take(reader, history, from, messages, open);
        }
        return new DrillMessages(messages, records, end, reader.Error);
    }

    private static void Take(WalReader reader, TimelineHistory history, Lsn from, List<FoundMessage> messages, Dictionary<uint, List<FoundMessage>> open)
    {
        WalRecordHeader header = reader.Header;
        bool counts = reader.RecordStart >= from;
        if (header.Rmgr == ResourceManagerId.LogicalMessage)
        {
            if (!LogicalMessage.TryRead(reader.MainData, out LogicalMessage message)
                || !message.Prefix.SequenceEqual(PrefixBytes)
                || !Utf8Parser.TryParse(message.Content, out long number, out int used) || used != message.Content.Length)
                return;
            var found = new FoundMessage(number, reader.RecordEnd, history.TimelineOf(reader.RecordStart));
            if (!message.Transactional)
            {
                if (counts)
                    messages.Add(found);
                return;
            }
            if (!open.TryGetValue(header.Xid, out List<FoundMessage>? pending))
                open.Add(header.Xid, pending = []);
            pending.Add(found);
        }
        else if (header.Rmgr == ResourceManagerId.Transaction)
        {
            int operation = header.Info & XactInfo.OperationMask;
            if (operation is XactInfo.Commit or XactInfo.Abort && open.Remove(header.Xid, out List<FoundMessage>? ended) && operation == XactInfo.Commit && counts)
                messages.AddRange(ended);
        }
    }
}
