using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>The replication slots that one session uses: at most one at work, and the temporary ones, which end with it.</summary>
/// <remarks>Answers to MyReplicationSlot and ReplicationSlotAcquire, Release, Cleanup, Drop, ReserveWal, PostgreSQL 15, src/backend/replication/slot.c.</remarks>
internal sealed class SessionSlots(ChildProcess process)
{
    private readonly ReplicationSlots _slots = process.Segment.ReplicationSlots;
    private readonly ReplicationSlotStore _store = new(process.Segment, process.Data, process.Panic);
    private readonly List<ReplicationSlot> _temporary = [];
    private readonly int _pid = Environment.ProcessId;
    private ReplicationSlot? _mine;

    /// <summary>A slot of this session has lost its WAL: the session is to end with 57P01, as PostgreSQL's checkpointer would have it.</summary>
    public bool MustEnd
    {
        get
        {
            if (_mine is { } mine && mine.EndingPid.Value == _pid)
                return true;
            foreach (ReplicationSlot slot in _temporary)
                if (slot.EndingPid.Value == _pid)
                    return true;
            return false;
        }
    }

    public IEnumerable<ReplicationSlotView> All => _slots.All.Select(slot => _slots.View(slot)).OfType<ReplicationSlotView>();

    /// <summary>CheckSlotRequirements: for SQL functions; a replication command finds no free slot.</summary>
    /// <exception cref="PgException">55000.</exception>
    public void CheckRequirements()
    {
        if (_slots.All.Count == 0)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "replication slots can only be used if max_replication_slots > 0");
    }

    public ReplicationSlotView? Find(string name) => _slots.Find(name);

    /// <summary>Makes a physical slot.</summary>
    /// <param name="reserveWal">Keep WAL from the last checkpoint's redo on, not only from where the first user confirms.</param>
    /// <returns>Its restart_lsn; invalid without <paramref name="reserveWal"/>.</returns>
    /// <exception cref="PgException">As <see cref="ReplicationSlotStore.Create"/>.</exception>
    public Lsn Create(string name, bool temporary, bool reserveWal)
    {
        ReplicationSlot slot = _store.Create(name, temporary ? ReplicationSlotPersistency.Temporary : ReplicationSlotPersistency.Persistent, _pid);
        if (temporary)
            _temporary.Add(slot);
        _mine = slot;
        try
        {
            if (reserveWal)
            {
                while (!_slots.TryReserveWal(slot, Redo, process.Segment.Recovery.SegmentSize.Value))
                    process.Loop.Look();
                _store.Save(slot);
            }
            return slot.RestartLsn.Value;
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Takes a slot for a stream.</summary>
    /// <exception cref="PgException">42704 no such slot; 55006 it is another process's.</exception>
    public void Acquire(string name)
    {
        ReplicationSlot slot = _slots.Acquire(Encoding.UTF8.GetBytes(name), _pid, out int activePid) ?? throw DoesNotExist(name);
        if (activePid != _pid)
            throw new PgException(SqlStates.ObjectInUse, $"replication slot \"{name}\" is active for PID {activePid}");
        _mine = slot;
    }

    /// <param name="checkForInterrupts">Null: do not wait for whoever uses it. Else called before each sleep; what it throws ends the wait.</param>
    /// <exception cref="PgException">As <see cref="Acquire"/>; or its files could not be renamed.</exception>
    public void Drop(string name, Action? checkForInterrupts)
    {
        if (checkForInterrupts is null)
            Acquire(name);
        else
            WaitToAcquire(name, checkForInterrupts);
        ReplicationSlot slot = _mine!;
        _mine = null;
        try
        {
            Drop(slot);
        }
        catch
        {
            Release(slot);
            throw;
        }
    }

    /// <summary>The peer has everything before <paramref name="flushed"/> on its disk.</summary>
    public void Confirm(Lsn flushed)
    {
        if (_mine is { } slot && flushed.IsValid && slot.RestartLsn.Value != flushed)
            _slots.Confirm(slot, flushed);
    }

    /// <summary>The stream has a slot.</summary>
    public bool IsAtWork => _mine is not null;

    /// <summary>What the peer's queries need is kept by the slot at work, over the stream's end too.</summary>
    /// <returns>True: something changed.</returns>
    public bool Hold(ulong xmin, ulong catalogXmin) => _mine is { } slot && _slots.Hold(slot, xmin, catalogXmin);

    /// <summary>Lets go of the slot at work; a temporary one stays the session's.</summary>
    public void Release()
    {
        if (_mine is { } slot && slot.Persistency.Value == (int)ReplicationSlotPersistency.Persistent)
            Release(slot);
        _mine = null;
    }

    /// <summary>ReplicationSlotCleanup: after any error, and at the session's end.</summary>
    public void CleanUp()
    {
        Release();
        foreach (ReplicationSlot slot in _temporary.ToArray())
            Drop(slot);
    }

    private Lsn Redo => process.Segment.Recovery.RecoveryDone.Value != 0 ? process.Segment.Wal.Redo.Value : process.Segment.Recovery.Redo.Value;

    private void WaitToAcquire(string name, Action checkForInterrupts)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        while (true)
        {
            process.Latch.Reset();
            ReplicationSlot slot = _slots.All.FirstOrDefault(candidate => _slots.View(candidate)?.Name == name) ?? throw DoesNotExist(name);
            slot.Waiters.Increment(); // before the look: who releases it after that sees us
            try
            {
                ReplicationSlot? found = _slots.Acquire(bytes, _pid, out int activePid);
                if (found is not null && activePid == _pid)
                {
                    _mine = found;
                    return;
                }
                if (found == slot)
                {
                    checkForInterrupts();
                    process.Loop.Wait(-1);
                }
            }
            finally
            {
                slot.Waiters.Decrement();
            }
        }
    }

    private void Drop(ReplicationSlot slot)
    {
        if (_store.Drop(slot) is { } left)
            process.Log.Warning(left.Message);
        _temporary.Remove(slot);
        WakeWaiters(slot.Waiters.Value != 0);
    }

    private void Release(ReplicationSlot slot) => WakeWaiters(_slots.Release(slot));

    private void WakeWaiters(bool any)
    {
        for (int i = SharedSegment.FirstWalSenderSlot; any && i < process.Segment.Slots.Length; i++)
            process.LatchOf(i).Set();
    }

    private static PgException DoesNotExist(string name) => new(SqlStates.UndefinedObject, $"replication slot \"{name}\" does not exist");
}
