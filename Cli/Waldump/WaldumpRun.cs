using System.Text;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>Reads the records and shows them, or counts them.</summary>
/// <remarks>Source of truth: main, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c.</remarks>
/// <param name="workers">Readers at the same time; 1: everything in order.</param>
internal sealed class WaldumpRun(WaldumpSettings settings, Terminal terminal, int workers)
{
    /// <summary>What the shell reports of a program that SIGPIPE ended.</summary>
    private const int BrokenPipe = 128 + 13;

    private static readonly TimeSpan FollowPause = TimeSpan.FromSeconds(1);

    private readonly WaldumpStatistics _statistics = new();
    private bool _pipeBroken;

    private bool Interrupted => terminal.Interrupted.IsCancellationRequested;

    /// <returns>The exit code.</returns>
    internal int Run()
    {
        using var first = new WaldumpReading(settings, terminal.Interrupted);
        Find(first);
        // A limit, or waiting for more, is work in order.
        using WaldumpAhead? ahead = workers > 1 && settings.Limit <= 0 && !settings.Follow ? new(settings, first.First, workers, terminal.Interrupted) : null;
        WaldumpReading last = ReadAll(first, ahead);
        if (settings.Statistics && !settings.Quiet)
        {
            var text = new WalText();
            _statistics.Show(settings.StatisticsPerRecord, settings.Major, text);
            Write(text);
        }
        if (_pipeBroken)
            return BrokenPipe;
        if (last.Ended && last.Error is not null && !Interrupted)
            throw WaldumpDirectory.Fatal($"error in WAL record at {last.Last}: {last.Error}");
        return ExitCodes.Ok;
    }

    private void Find(WaldumpReading reading)
    {
        Lsn start = settings.Start;
        reading.Find(start);
        if (reading.Failure is not null)
            throw reading.Failure;
        Lsn first = reading.First;
        if (!first.IsValid)
            throw WaldumpDirectory.Fatal($"could not find a valid record after {start}");
        _statistics.Start = first;
        // A segment's start is what a file name means: there a record that began before is nothing to tell of.
        if (first == start || start.Value % (ulong)settings.SegmentSize == 0)
            return;
        uint skipped = (uint)first.BytesSince(start);
        string news = $"first record is after {start}, at {first}, skipping over {skipped} byte{(skipped == 1 ? "" : "s")}";
        if (settings.Major.Number >= 17)
            terminal.Complain(news); // to standard error
        else
            Write(new WalText().Append(Encoding.UTF8.GetBytes(news)).Append((byte)'\n'));
    }

    /// <returns>The reading that came to the end.</returns>
    private WaldumpReading ReadAll(WaldumpReading reading, WaldumpAhead? ahead)
    {
        Lsn end = ahead?.FirstEnd ?? Lsn.MaxValue;
        reading.Read(end);
        while (true)
        {
            Write(reading.Text);
            if (reading.Failure is not null)
                throw reading.Failure;
            if (_pipeBroken || Interrupted || reading.Done || (reading.Ended && (!settings.Follow || reading.EndReached)))
                break;
            if (reading.Ended)
                terminal.Interrupted.WaitHandle.WaitOne(FollowPause);
            else if (ahead is not null && reading.Next >= end)
            {
                WaldumpReading before = reading;
                _statistics.Take(before.Statistics);
                reading = ahead.Next(before, out end);
                if (reading != before)
                    continue; // it has text already
            }
            reading.Read(end);
        }
        _statistics.Take(reading.Statistics);
        return reading;
    }

    private void Write(WalText text)
    {
        if (!_pipeBroken && text.Length > 0)
            _pipeBroken = !terminal.TryWrite(text.Bytes);
    }
}
