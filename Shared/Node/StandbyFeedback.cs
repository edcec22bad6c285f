using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>What everybody below this node wants kept of old row versions: the oldest of all of them. 64 bits; 0: nothing.</summary>
/// <param name="CatalogXmin">For system catalogs alone; only a slot can tell it apart.</param>
/// <remarks>A node that has no pages has no transactions of its own to add. Answers to GetReplicationHorizons, PostgreSQL 15, src/backend/storage/ipc/procarray.c.</remarks>
public readonly record struct StandbyFeedback(ulong Xmin, ulong CatalogXmin)
{
    public bool IsNone => Xmin == 0 && CatalogXmin == 0;

    /// <summary>The next transaction id as far as this node knows it: what nobody's xmin can be beyond; 0 on a relay, which follows no transactions.</summary>
    public static ulong NextXid(SharedSegment segment) =>
        (ulong)(segment.Recovery.RecoveryDone.Value != 0 ? segment.Wal.NextXid.Value : segment.Recovery.NextXid.Value);

    /// <returns><see langword="null"/>: a slot came from disk with an id whose epoch nobody has told since; whatever is held upstream has to stay.</returns>
    public static StandbyFeedback? Of(SharedSegment segment)
    {
        ulong known = Math.Max(NextXid(segment), (ulong)segment.Receiver.CheckpointXid.Value), xmin = 0;
        for (int i = SharedSegment.FirstWalSenderSlot; i < segment.Slots.Length; i++)
        {
            ulong held = (ulong)segment.Slots[i].FeedbackXmin.Value;
            xmin = FullXid.Older(xmin, held);
            known = Math.Max(known, held);
        }
        return segment.ReplicationSlots.TryRequiredXmins(known, out ulong slotXmin, out ulong catalogXmin) ? new(FullXid.Older(xmin, slotXmin), catalogXmin) : null;
    }
}
