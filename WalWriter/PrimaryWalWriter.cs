using System.Diagnostics;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>Walwriter's loop on a primary: requests first, then checkpoints, then background flushes, then sleep.</summary>
/// <remarks>DESIGN §9, Flush, Checkpoint, Shutdown.</remarks>
internal sealed class PrimaryWalWriter : IDisposable
{
    private const int HibernateFactor = 25;                 // HIBERNATE_FACTOR: times wal_writer_delay
    private const int LookMilliseconds = 10;                // between looks at signals while there is work
    private const int TurnsBeforeSleep = 16;                // an inserter in the way is at work, or waits for a processor
    private const int NoRoomRetryMilliseconds = 1000;
    private static readonly long RecentCommit = Stopwatch.Frequency / 1000;   // 1 ms
    private static readonly long LongestPoll = Stopwatch.Frequency / 20_000;  // 50 µs

    private readonly ChildProcess _process;
    private readonly WalControl _wal;
    private readonly Archiver _archiver;
    private readonly Action _settingsChanged;
    private readonly WalFlusher _flusher;
    private readonly SegmentSupply _supply;
    private readonly Checkpointer _checkpointer;
    private readonly ProcessSlot _slot;
    private readonly WaitCredit _pollCredit = new(found: 2, lost: 3); // polls in vain cost more than those that found something save

    private int _delay;                 // wal_writer_delay, ms
    private long _flushAfter;           // wal_writer_flush_after, bytes
    private long _checkpointTimeout;    // ms
    private long _maxWalBytes;
    private long _nextCheckpoint;
    private long _lastBackground;
    private long _lastLook;
    private long _lastFlush;            // Stopwatch ticks
    private int _blockedTurns;

    /// <summary>Takes WAL and pg_control over from startup.</summary>
    /// <exception cref="Pgrepl.Shared.PgException">pg_control cannot be read.</exception>
    public PrimaryWalWriter(ChildProcess process, KeptWal kept, Archiver archiver, Action settingsChanged)
    {
        _process = process;
        _wal = process.Segment.Wal;
        _slot = process.Slot;
        _archiver = archiver;
        _settingsChanged = settingsChanged;
        _flusher = new WalFlusher(process.Segment, process.Data, process.LatchOf, WalWriteOwner.WalWriter);
        _supply = new SegmentSupply(process.Segment, process.Data, process.LatchOf, process.Log);
        var inserter = new WalInserter(process.Segment, process.Slot, new WalWriterWaits(_flusher));
        _checkpointer = new Checkpointer(process.Segment, process.Data, process.Log, inserter, _flusher.FlushUpTo, kept, archiver.Forget);
        ReadSettings();
    }

    /// <summary>Until the shutdown checkpoint is durable.</summary>
    public void Run()
    {
        _supply.Ensure(wait: true);
        _nextCheckpoint = Environment.TickCount64; // at once: a promotion's redo point moves past the fork
        while (true)
        {
            _process.Latch.Reset();
            if (_process.Segment.Doomed.Value != 0)
                ProcessCalls.ExitNow(2);
            if (_process.Loop.ReloadRequested && _process.RefreshSettings())
            {
                ReadSettings();
                _settingsChanged();
            }
            if (_process.Loop.User2Requested)
            {
                ShutDown();
                return;
            }
            _supply.Ensure();
            FlushOutcome outcome = Turn();
            CheckpointIfDue();
            _archiver.Turn();
            Rest(outcome);
        }
    }

    public void Dispose()
    {
        _flusher.Dispose();
        _supply.Dispose();
    }

    private FlushOutcome Turn()
    {
        long now = Environment.TickCount64;
        bool background = now - _lastBackground >= _delay || (!NothingToFlush() && _wal.AsyncCommit.Value.BytesSince(_wal.Flushed.Value) >= _flushAfter);
        if (background)
            _lastBackground = now;
        bool committing = _wal.FlushRequest.Value > _wal.Flushed.Value;
        FlushOutcome outcome = _flusher.Run(background);
        if (committing && outcome == FlushOutcome.Done)
            _lastFlush = Stopwatch.GetTimestamp();
        return outcome;
    }

    /// <summary>Sleeps when there is nothing to do; the latch was reset before we looked.</summary>
    private void Rest(FlushOutcome outcome)
    {
        if (outcome != FlushOutcome.Blocked && _blockedTurns != 0)
        {
            _blockedTurns = 0;
            _wal.InsertersAwaited.Exchange(0);
        }
        switch (outcome)
        {
            case FlushOutcome.Done:
                LookAtSignals();
                return;
            case FlushOutcome.Blocked when _blockedTurns < TurnsBeforeSleep:
                if (++_blockedTurns == TurnsBeforeSleep)
                    _wal.InsertersAwaited.Exchange(1); // whoever finishes from now on wakes us; look once more
                Thread.Yield();
                LookAtSignals();
                return;
            case FlushOutcome.Blocked:
                _flusher.LetGo();
                _process.Loop.Wait(Math.Min(_delay, NextDue()));
                _wal.InsertersAwaited.Exchange(0);
                _blockedTurns = 0;
                return;
        }
        if (outcome == FlushOutcome.Idle && Stopwatch.GetTimestamp() - _lastFlush < RecentCommit && PollForRequests())
            return; // still the owner: several commit at once
        _flusher.LetGo(); // who asked meanwhile has set our latch
        int timeout = NextDue();
        if (NothingToFlush())
        {
            _wal.WalWriterSleeping.Exchange(1);
            timeout = NothingToFlush() ? Math.Min(timeout, _delay * HibernateFactor) : 0;
        }
        else
        {
            timeout = (int)Math.Clamp(_lastBackground + _delay - Environment.TickCount64, 0, timeout);
        }
        _process.Loop.Wait(_archiver.Patience(timeout), _archiver.Descriptor, PollEvents.Readable);
        _lastLook = Environment.TickCount64;
        _wal.WalWriterSleeping.Value = 0;
    }

    /// <summary>The next commit of a busy client comes within some tens of microseconds: cheaper to see it than to be woken. Where that often proves wrong, as it
    /// does when commits wait for standbys, only a look now and then tells whether it is so again.</summary>
    private bool PollForRequests()
    {
        if (!_pollCredit.IsWorthWhile())
            return false;
        bool found = Poll();
        _pollCredit.Ended(found);
        return found;
    }

    private bool Poll()
    {
        long until = Stopwatch.GetTimestamp() + LongestPoll;
        while (!_flusher.HasRequests && _slot.LatchSet.Value == 0)
        {
            if (Stopwatch.GetTimestamp() >= until)
                return false;
            Thread.SpinWait(10);
        }
        return true;
    }

    /// <summary>True: a background flush would find nothing; a commit or an asynchronous one wakes us.</summary>
    private bool NothingToFlush()
    {
        Lsn flushed = _wal.Flushed.Value;
        return _wal.AsyncCommit.Value <= flushed && _flusher.Reserved.PageStart <= flushed;
    }

    private void LookAtSignals()
    {
        long now = Environment.TickCount64;
        if (now - _lastLook < LookMilliseconds)
            return;
        _lastLook = now;
        _process.Loop.Look();
    }

    private int NextDue()
    {
        long now = Environment.TickCount64, due = _nextCheckpoint;
        if (_supply.RetryAt != 0)
            due = Math.Min(due, _supply.RetryAt);
        return (int)Math.Clamp(due - now, 0, int.MaxValue);
    }

    private void CheckpointIfDue()
    {
        int request = _wal.CheckpointRequest.Value;
        bool requested = request != _wal.CheckpointsDone.Value;
        bool due = Environment.TickCount64 >= _nextCheckpoint;
        bool volume = _checkpointer.IsDueByVolume(_wal.Flushed.Value, _maxWalBytes);
        if (!requested && !due && !volume)
            return;
        _flusher.LetGo(); // sessions flush themselves meanwhile
        if (!_checkpointer.HasRoom)
        {
            _nextCheckpoint = Environment.TickCount64 + NoRoomRetryMilliseconds;
            return;
        }
        if (requested || volume || !_checkpointer.IsIdle)
            WriteCheckpoint(shutdown: false, requested ? "immediate force" : volume ? "wal" : "time");
        _nextCheckpoint = Environment.TickCount64 + _checkpointTimeout;
        _wal.CheckpointsDone.Exchange(request);
        if (requested)
            for (int i = SharedSegment.FirstWalSenderSlot; i < _process.Segment.Slots.Length; i++)
                _process.LatchOf(i).Set();
    }

    private void WriteCheckpoint(bool shutdown, string reason)
    {
        _checkpointer.Write(shutdown, reason, _process.Settings, _supply.Added);
        _supply.Added = 0;
    }

    /// <summary>SQL sessions are gone, streams take no commands: nobody inserts but us. Streams send up to our last record afterwards.</summary>
    private void ShutDown()
    {
        _flusher.LetGo();
        _process.Log.Log("shutting down");
        while (!_checkpointer.HasRoom && !_supply.Ensure(wait: true))
        {
            _process.Latch.Reset();
            _process.Loop.Wait(NoRoomRetryMilliseconds);
        }
        WriteCheckpoint(shutdown: true, "shutdown immediate");
        _archiver.ShutDown();
    }

    private void ReadSettings()
    {
        _delay = _process.Settings.Int("wal_writer_delay");
        _flushAfter = _process.Settings.Bytes("wal_writer_flush_after");
        _maxWalBytes = _process.Settings.Bytes("max_wal_size");
        long timeout = (long)_process.Settings.Duration("checkpoint_timeout").TotalMilliseconds;
        if (_checkpointTimeout != 0)
            _nextCheckpoint += timeout - _checkpointTimeout;
        _checkpointTimeout = timeout;
    }
}
