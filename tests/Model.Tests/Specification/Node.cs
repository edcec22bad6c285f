using System.Runtime.InteropServices;

namespace Pgrepl.Model.Tests.Specification;

/// <summary>How far a promotion is; each step is durable before the next (DESIGN §9, end of recovery).</summary>
internal enum PromotionStep : byte
{
    None,
    Chosen,        // (2) promoting.signal is stored: its numbers do not change any more
    SignalRemoved, // (2) standby.signal is gone
    HistoryStored, // (4)
    RecordWritten, // (5) END_OF_RECOVERY is durable
    Finished,      // (7) promoting.signal is gone; next comes RecoveryDone
}

/// <summary>The variables of one node: what is on its disk, and what it knows while it runs.</summary>
/// <remarks>A position is a number of records: 2 is the end of the second. Packed, so that a state has no bytes that mean nothing.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Node
{
    // On disk.
    public Wal Wal;
    public HistoryFiles Histories;
    public byte Durable;             // end of what an fdatasync has covered
    public byte Timeline;            // a primary's own; on a standby the newest of the line it follows
    public bool StandbySignal;       // a relay has it for ever
    public PromotionStep Step;
    public byte PromotionTimeline;
    public byte PromotionParent;
    public byte PromotionEnd;

    // While it runs.
    public bool Up;
    public bool Writes;              // RecoveryDone: walwriter has the pen
    public byte Applied;
    public Peer Upstream;            // walreceiver runs and streams from there
    public byte Received;            // end of what this upstream has sent on this connection
    public byte StreamTimeline;
    public PeerPositions Confirmed;  // what its walsenders have heard of each standby
    public PeerPositions OnTheWay;   // replies that are in a socket

    // Not a variable of the product: what the invariants look back at.
    public bool Refused;             // a start as primary was refused, because a successor was known

    public readonly byte Written => Wal.Length;
    public readonly bool IsPromoting => Step != PromotionStep.None;
    public readonly bool IsStandby => Up && !Writes && !IsPromoting;

    /// <summary>Where WAL may be read and sent to, as <see cref="Pgrepl.Shared.Node.SendableWal"/> says it.</summary>
    public readonly byte ServedEnd => IsPromoting ? PromotionEnd : Durable;
}
