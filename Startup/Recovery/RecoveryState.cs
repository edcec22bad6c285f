using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>What the parts of startup share: the process, the control file as last written, and how far replay is.</summary>
internal sealed class RecoveryState(ChildProcess self, ControlFileData control, TimelineHistory history)
    : FollowedWal(self, history, control.Checkpoint.Timeline, control.SegmentSize)
{
    /// <summary>As it is on disk. Startup is its one writer until RecoveryDone.</summary>
    public ControlFileData Control { get; private set; } = control;

    /// <summary>Full transaction id: the next one that nobody has.</summary>
    public ulong NextXid { get; set; } = control.Checkpoint.NextXid;

    /// <summary>The last checkpoint replayed, for what a new one carries over.</summary>
    public Checkpoint LastCheckpoint { get; set; } = control.Checkpoint;

    public void WriteControl(ControlFileData changed)
    {
        ControlFile.Write(Self.Data, changed);
        Control = changed;
        Shared.Redo.Value = changed.Checkpoint.Redo;
    }

    /// <summary>AdvanceNextFullTransactionIdPastXid: a 32-bit id of a record, seen close to where we are.</summary>
    public void SawXid(uint xid)
    {
        const uint FirstNormal = 3;
        if (xid < FirstNormal)
            return;
        int ahead = unchecked((int)(xid - (uint)NextXid));
        if (ahead < 0)
            return;
        ulong next = NextXid + (ulong)ahead + 1;
        while ((uint)next < FirstNormal)
            next++;
        NextXid = next;
    }
}
