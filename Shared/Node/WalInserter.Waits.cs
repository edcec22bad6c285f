using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

public sealed partial class WalInserter
{
    /// <summary>A session that finds another's record half copied looks so often before it leaves the flush to walwriter.</summary>
    private const int TurnsBeforeSleep = 16;

    /// <summary>How long an insert waits on a full disk before it fails; walwriter tries again every second.</summary>
    public TimeSpan DiskFullPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>wal_writer_flush_after, in pages: so much asynchronously committed WAL wakes walwriter early.</summary>
    public int FlushAfterPages { get; set; } = 128;

    /// <summary>XLogFlush: until everything before <paramref name="upTo"/> is durable here. A session that is alone makes it so itself; all who wait during one
    /// fdatasync share the next.</summary>
    /// <param name="upTo">A record's end; beyond the last record's it means that.</param>
    /// <param name="interruptible">False: a termination or cancel is left for later, as PostgreSQL does inside a commit.</param>
    /// <returns>False: interrupted, and not durable yet. What was inserted stays inserted.</returns>
    public bool WaitForFlush(Lsn upTo, bool interruptible = true)
    {
        if (_wal.Flushed.Value >= upTo)
            return true;
        if (RequestFlush(ref upTo))
            return true;
        _slot.WaitFlush.Exchange(upTo);
        bool flushed;
        while (true)
        {
            _waits.ResetLatch();
            flushed = _wal.Flushed.Value >= upTo;
            if (flushed || (interruptible && _waits.Interrupted))
                break;
            _waits.Wait(-1);
        }
        _slot.WaitFlush.Value = Lsn.Invalid;
        return flushed;
    }

    /// <summary>As <see cref="WaitForFlush"/>, but it does not sleep: if it is not durable yet, whoever is at work or walwriter makes it so soon.</summary>
    /// <returns>True: everything before <paramref name="upTo"/> is durable here.</returns>
    public bool RequestFlush(Lsn upTo) => _wal.Flushed.Value >= upTo || RequestFlush(ref upTo);

    private bool RequestFlush(ref Lsn upTo)
    {
        Prepare();
        upTo = Lsn.Min(upTo, _positions.EndFromUsableBytes(_wal.InsertPosition.Value.Value));
        _wal.FlushRequest.Raise(upTo);
        return TryFlush(upTo);
    }

    /// <summary>Makes it durable here and now, unless another process is at work; then that one or walwriter will.</summary>
    private bool TryFlush(Lsn upTo)
    {
        WalFlusher flusher = _flusher ??= _waits.CreateFlusher();
        if (!flusher.TryOwn(out WalWriteOwner owner))
        {
            if (owner == WalWriteOwner.WalWriter)
                _waits.WakeWalWriter(); // a session looks at our request when it has done
            return false;
        }
        try
        {
            if (_delay.Wait(flusher.LastSync))
                _delay.Ended(othersCame: _wal.FlushRequest.Value > upTo);
            for (int blocked = 0; blocked < TurnsBeforeSleep && _wal.Flushed.Value < upTo;)
            {
                if (flusher.Run(background: false) != FlushOutcome.Blocked)
                    continue;
                blocked++; // another session copies its record yet
                Thread.Yield();
            }
            flusher.LetGo();
        }
        catch (Exception error)
        {
            _waits.Panic(error);
            throw;
        }
        if (flusher.HasRequests)
            _waits.WakeWalWriter();
        return _wal.Flushed.Value >= upTo;
    }

    /// <summary>XLogSetAsyncXactLSN: for a record nobody waits for; durable within about three times wal_writer_delay.</summary>
    public void RequestAsyncFlush(Lsn end)
    {
        _wal.AsyncCommit.Raise(end);
        if (_wal.WalWriterSleeping.Value != 0 || end.BytesSince(_wal.Flushed.Value) >= (long)FlushAfterPages * WalFormat.PageSize)
            _waits.WakeWalWriter();
    }

    /// <summary>Asks for a checkpoint.</summary>
    /// <returns>What <see cref="WaitForCheckpoint"/> wants.</returns>
    public int RequestCheckpoint()
    {
        int request = _wal.CheckpointRequest.Increment();
        _waits.WakeWalWriter();
        return request;
    }

    /// <returns>False: interrupted; the checkpoint comes all the same.</returns>
    public bool WaitForCheckpoint(int request)
    {
        while (true)
        {
            _waits.ResetLatch();
            if (_wal.CheckpointsDone.Value - request >= 0)
                return true;
            if (_waits.Interrupted)
                return false;
            _waits.Wait(-1);
        }
    }

    /// <summary>A buffer page still holds WAL that is not written: walwriter frees it, and wakes us.</summary>
    private void WaitForPage(Lsn pageStart)
    {
        _slot.Inserting.Exchange(_slot.Inserting.Value); // walwriter sees who waits before we look again
        while (true)
        {
            _waits.ResetLatch();
            if (pageStart < _wal.ReusableUpTo.Value)
                return;
            _wal.WriteRequest.Raise(pageStart);
            _waits.WakeWalWriter();
            _waits.Wait(-1);
        }
    }

    /// <summary>Nothing is reserved yet: no segment is there for the record.</summary>
    private void WaitForSegments(Lsn upTo)
    {
        _wal.AllocationRequest.Raise(upTo);
        _waits.WakeWalWriter();
        long deadline = 0;
        while (true)
        {
            _waits.ResetLatch();
            if (_wal.AllocatedUpTo.Value >= upTo)
                return;
            if (_waits.Interrupted)
                throw new PgException(SqlStates.QueryCanceled, "canceling statement due to user request", "The statement waited for a WAL segment to be made.");
            int wait = -1;
            if (_wal.DiskFull.Value != 0)
            {
                long now = Environment.TickCount64;
                deadline = deadline == 0 ? now + (long)DiskFullPatience.TotalMilliseconds : deadline;
                if (now >= deadline)
                    throw new PgException(SqlStates.DiskFull, "could not extend WAL: No space left on device", hint: "Free space in the file system of pg_wal; no restart is needed.");
                wait = (int)(deadline - now);
            }
            _waits.Wait(wait);
        }
    }
}
