using System.Diagnostics;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>What a relay keeps for whoever may come (pgrepl.relay_keep): for nobody in particular, so it gives way when the disk is nearly full.</summary>
/// <param name="freeBytes">Free space in the file system of pg_wal.</param>
/// <remarks>Not part of PostgreSQL. Ages: <see cref="ReceivedTimes"/>.</remarks>
internal sealed class RelayKeeper(DataDirectory data, int segmentSize, ServerLog log, Func<long> freeBytes)
{
    /// <summary>Room for so many segments is left free: WAL that comes in has to go somewhere until the next look.</summary>
    internal const int SegmentsLeftFree = 4;

    private ReceivedTimes? _times;
    private long _timesFrom;     // Stopwatch ticks at which _times.Clock counted last
    private long _storedClock;
    private ulong _givenUp;      // nothing before this segment is kept any more
    private bool _short;

    public RelayKeeper(DataDirectory data, int segmentSize, ServerLog log)
        : this(data, segmentSize, log, () => FreeBytes(data.Wal))
    {
    }

    /// <summary>The first segment number to keep; <see cref="ulong.MaxValue"/>: nothing is kept.</summary>
    /// <param name="end">End of WAL.</param>
    public ulong FirstToKeep(Lsn end, RelayKeep keep)
    {
        ulong current = end.Value / (ulong)segmentSize, first = ulong.MaxValue;
        if (keep.Bytes > 0)
            first = current - Math.Min(current, (ulong)(keep.Bytes / segmentSize));
        if (keep.Age > TimeSpan.Zero)
            first = Math.Min(first, FirstWithin(current, keep.Age));
        else
            _times = null;
        return first == ulong.MaxValue ? first : Math.Max(1, GiveWay(first, current));
    }

    /// <summary>Stores the ages before the process ends.</summary>
    public void Store()
    {
        if (_times is null)
            return;
        Advance(_times);
        TryStore(_times);
    }

    private ulong FirstWithin(ulong current, TimeSpan age)
    {
        ReceivedTimes times = _times ??= Read();
        Advance(times);
        bool changed = times.Note(current, age);
        ulong first = times.FirstWithin(age);
        if (changed || times.Clock - _storedClock >= ReceivedTimes.Step(age).TotalMilliseconds)
            TryStore(times);
        return first;
    }

    private void Advance(ReceivedTimes times)
    {
        long now = Stopwatch.GetTimestamp();
        long milliseconds = (long)Stopwatch.GetElapsedTime(_timesFrom, now).TotalMilliseconds;
        times.Clock += milliseconds;
        _timesFrom += milliseconds * Stopwatch.Frequency / 1000;
    }

    private ReceivedTimes Read()
    {
        _timesFrom = Stopwatch.GetTimestamp();
        byte[]? bytes = DurableFile.TryRead(data.ReceivedTimes);
        ReceivedTimes? times = bytes is null ? null : ReceivedTimes.TryParse(bytes);
        if (bytes is not null && times is null)
            log.Warning($"file \"{data.ReceivedTimes}\" is damaged: the WAL that is here counts as received now");
        _storedClock = times?.Clock ?? 0;
        return times ?? new();
    }

    /// <summary>A failure only means that after a restart WAL is kept for longer.</summary>
    private void TryStore(ReceivedTimes times)
    {
        _storedClock = times.Clock;
        try
        {
            DurableFile.Replace(data.ReceivedTimes, times.ToBytes());
        }
        catch (PgException error)
        {
            log.Error(error);
        }
    }

    private static long FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return long.MaxValue; // nobody knows: then nothing gives way
        }
    }

    /// <summary>On a disk that is nearly full the oldest segments go, as many as are missing.</summary>
    private ulong GiveWay(ulong first, ulong current)
    {
        long missing = (long)SegmentsLeftFree * segmentSize - freeBytes();
        if (missing <= 0)
        {
            _short &= missing > -(long)SegmentsLeftFree * segmentSize; // twice the room: the next shortage is news again
            return Math.Max(first, _givenUp);
        }
        IReadOnlyList<WalSegment> segments = WalDirectory.List(data, segmentSize);
        ulong oldest = segments.Count > 0 ? segments[0].Number : current;
        ulong wanted = Math.Min(current, oldest + (ulong)((missing + segmentSize - 1) / segmentSize));
        if (wanted > first && !_short)
        {
            _short = true;
            log.Warning($"the disk is nearly full: WAL before segment {wanted} is no longer kept for pgrepl.relay_keep");
        }
        _givenUp = Math.Max(_givenUp, wanted);
        return Math.Max(first, _givenUp);
    }
}
