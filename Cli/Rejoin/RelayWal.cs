using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>The WAL that a stopped relay has, along the timeline that pgrepl.relay names.</summary>
internal sealed class RelayWal(DataDirectory directory, RelayFileData relay)
{
    internal TimelineHistory History { get; } = TimelineHistoryFiles.Read(directory, relay.Timeline);

    /// <summary>End of the last valid record; <see cref="Lsn.Invalid"/>: there is none.</summary>
    internal Lsn FindEnd()
    {
        using var source = new SegmentPageSource(directory, relay.SegmentSize, History);
        var reader = new WalReader(source, PostgresMajor.Of(relay.Major), relay.SegmentSize, relay.SystemId);
        Lsn end = relay.Validated;
        if (end.IsValid)
            reader.BeginRead(end, relay.LastRecord);
        else if (!reader.FindNextRecord(relay.Oldest).IsValid)
            return Lsn.Invalid;
        while (reader.Read() == WalReadStatus.Record)
            end = reader.RecordEnd;
        return end;
    }

    /// <summary>The last record that ends at or before <paramref name="fork"/>; looks segment by segment, from the fork back.</summary>
    /// <returns><see langword="null"/>: no record before the fork is here.</returns>
    internal RelayTarget? FindTarget(Lsn fork)
    {
        ulong oldest = relay.Oldest.Value / (ulong)relay.SegmentSize;
        for (ulong number = (fork.Value - 1) / (ulong)relay.SegmentSize; number >= oldest && number > 0; number--)
        {
            using var source = new SegmentPageSource(directory, relay.SegmentSize, History);
            var reader = new WalReader(source, PostgresMajor.Of(relay.Major), relay.SegmentSize, relay.SystemId);
            if (!reader.FindNextRecord(new Lsn(number * (ulong)relay.SegmentSize)).IsValid)
                continue; // one record covers it all
            (Lsn start, Lsn end) = (Lsn.Invalid, Lsn.Invalid);
            while (reader.Read() == WalReadStatus.Record && reader.RecordEnd <= fork)
                (start, end) = (reader.RecordStart, reader.RecordEnd);
            if (end.IsValid)
                return new RelayTarget(start, end, History.TimelineOf(end - 1));
        }
        return null;
    }
}
