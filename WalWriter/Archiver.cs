using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>archive_command: run for one finished segment or history file after the other, while walwriter goes on with its own work.</summary>
/// <remarks>What is to be archived and what is stands in pg_wal/archive_status (<see cref="ArchiveStatus"/>), so a crash repeats at most the command that ran.
/// Source of truth: pgarch_MainLoop, pgarch_ArchiverCopyLoop, PostgreSQL 15, src/backend/postmaster/pgarch.c, shell_archive.c. Unlike there a command that a signal ended has
/// failed like any other, and the last segment of a timeline that has ended in its middle is not archived: the next timeline's begins with the same bytes.</remarks>
internal sealed class Archiver(ChildProcess process)
{
    private const int RetryMilliseconds = 1000;
    private const int Retries = 3;                  // NUM_ARCHIVE_RETRIES
    private const int LaterMilliseconds = 60_000;   // PGARCH_AUTOWAKE_INTERVAL
    private const int ShutdownMilliseconds = 60_000;

    private readonly ArchiveStatus _status = new(process.Data);
    private ShellCommand? _command;
    private string _file = "";
    private string _line = "";
    private int _failures;
    private long _notBefore;
    private Lsn _marked = Lsn.Invalid;
    private bool _looked;

    /// <summary>To be waited for; -1: nothing runs.</summary>
    public int Descriptor => _command?.Descriptor ?? -1;

    /// <summary>A sleep of so many milliseconds, or a shorter one when something is to be tried again before.</summary>
    public int Patience(int milliseconds) => _notBefore - Environment.TickCount64 is > 0 and var left && left < milliseconds ? (int)left : milliseconds;

    private bool IsPrimary => process.Segment.Recovery.RecoveryDone.Value != 0;

    private bool IsOn => process.Settings["archive_mode"] switch { "always" => true, "on" => IsPrimary, _ => false };

    /// <summary>Start of the segment that is being written: what lies before is valid and durable.</summary>
    private Lsn Finished
    {
        get
        {
            Lsn end = IsPrimary ? process.Segment.Wal.Flushed.Value : Lsn.Max(process.Segment.Receiver.Validated.Value, process.Segment.Recovery.Replayed.Value);
            int segmentSize = process.Segment.Recovery.SegmentSize.Value;
            return segmentSize == 0 ? Lsn.Invalid : new Lsn(end.Value / (ulong)segmentSize * (ulong)segmentSize);
        }
    }

    /// <summary>Looks whether the command has ended, and starts the next; never waits. What goes wrong is logged and tried again later.</summary>
    public void Turn()
    {
        try
        {
            GoOn();
        }
        catch (Exception error) when (error is PgException or IOException or UnauthorizedAccessException)
        {
            process.Log.Error(error as PgException ?? new PgException(SqlStates.IoError, $"could not update pg_wal/archive_status: {error.Message}"));
            Later(LaterMilliseconds);
        }
    }

    private void GoOn()
    {
        if (!Reap())
            return;
        Lsn finished = IsOn ? Finished : Lsn.Invalid;
        if (!finished.IsValid || Environment.TickCount64 < _notBefore)
            return;
        if (finished != _marked)
        {
            _status.MarkFinished(finished, process.Segment.Recovery.SegmentSize.Value);
            _marked = finished;
            _looked = false;
        }
        if (!_looked)
            StartNext();
    }

    /// <returns>False: a command runs.</returns>
    private bool Reap()
    {
        if (_command is not { } command)
            return true;
        if (!command.HasEnded(out ExitStatus ended))
            return false;
        command.Dispose();
        _command = null;
        Ended(ended);
        return true;
    }

    /// <summary>WAL from here on is still needed for the archive; zero when that cannot be found out.</summary>
    public Lsn FirstNeeded()
    {
        if (!IsOn)
            return Lsn.MaxValue;
        try
        {
            return _status.FirstNotDone(Finished, process.Segment.Recovery.SegmentSize.Value);
        }
        catch (Exception error) when (error is PgException or IOException or UnauthorizedAccessException)
        {
            return Lsn.Invalid;
        }
    }

    /// <summary>The states of segments that are gone go too.</summary>
    public void Forget(ulong firstKept)
    {
        try
        {
            _status.Forget(firstKept, process.Segment.Recovery.SegmentSize.Value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            process.Log.Debug($"could not clean up pg_wal/archive_status: {error.Message}"); // tried again at the next release
        }
    }

    /// <summary>A command that runs is not killed: half a file in the archive might keep the next run from writing it. It is left alone after a minute.</summary>
    public void ShutDown()
    {
        long deadline = Environment.TickCount64 + ShutdownMilliseconds;
        while (_command is not null && Environment.TickCount64 < deadline)
        {
            process.Latch.Reset();
            if (Reap())
                return;
            process.Loop.Wait((int)Math.Max(0, deadline - Environment.TickCount64), Descriptor, PollEvents.Readable);
        }
    }

    private void StartNext()
    {
        _looked = true;
        string template = process.Settings["archive_command"];
        if (_status.Next() is not { } file)
            return;
        if (template.Length == 0)
        {
            process.Log.Warning("archive_mode enabled, yet archiving is not configured");
            Later(LaterMilliseconds);
            return;
        }
        if (file != _file)
            _failures = 0;
        _file = file;
        _line = ShellCommand.Expand(template, ('f', file), ('p', $"pg_wal/{file}"));
        try
        {
            _command = ShellCommand.Start(_line, process.Data.Path);
        }
        catch (PgException error)
        {
            process.Log.Error(error);
            Failed();
        }
    }

    private void Ended(ExitStatus status)
    {
        if (status is { Exited: true, Code: 0 })
        {
            process.Log.Debug($"archived write-ahead log file \"{_file}\"");
            _status.MarkDone(_file);
            _failures = 0;
            _looked = false;
            return;
        }
        string how = status.Exited ? $"failed with exit code {status.Code}" : $"was terminated by signal {status.KilledBy}";
        process.Log.Log($"archive command {how}", $"The failed archive command was: {_line}");
        Failed();
    }

    private void Failed()
    {
        if (++_failures < Retries)
        {
            Later(RetryMilliseconds);
            return;
        }
        process.Log.Warning($"archiving write-ahead log file \"{_file}\" failed too many times, will try again later");
        _failures = 0;
        Later(LaterMilliseconds);
    }

    private void Later(int milliseconds)
    {
        _notBefore = Environment.TickCount64 + milliseconds;
        _looked = false;
    }
}
