using System.Buffers.Binary;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

// What the peer's queries still need. Source of truth: ProcessStandbyHSFeedbackMessage, TransactionIdInRecentPast, PostgreSQL 15, walsender.c.
internal sealed partial class PhysicalStream
{
    private const int FeedbackLength = 1 + 8 + 4 * 4;

    private void TakeFeedback(ReadOnlySpan<byte> message)
    {
        _process.Slot.ReplyTime.Value = BinaryPrimitives.ReadInt64BigEndian(message[1..]);
        ulong xmin = FullXid.Of(BinaryPrimitives.ReadUInt32BigEndian(message[13..]), BinaryPrimitives.ReadUInt32BigEndian(message[9..]));
        ulong catalogXmin = FullXid.Of(BinaryPrimitives.ReadUInt32BigEndian(message[21..]), BinaryPrimitives.ReadUInt32BigEndian(message[17..]));
        if (IsInRecentPast(xmin) && IsInRecentPast(catalogXmin))
            Hold(xmin, catalogXmin);
    }

    /// <summary>Not in the future, and not so old that its 32 bits mean another one. A relay cannot tell: its upstream does.</summary>
    private bool IsInRecentPast(ulong xid)
    {
        ulong next = StandbyFeedback.NextXid(_process.Segment);
        return xid == 0 || next == 0 || (xid <= next && next - xid <= int.MaxValue);
    }

    /// <summary>By the slot, which keeps it when the peer has gone, or else for as long as the stream lasts; then there is no telling catalogs apart.</summary>
    private void Hold(ulong xmin, ulong catalogXmin)
    {
        bool changed;
        if (session.Slots.IsAtWork)
        {
            changed = session.Slots.Hold(xmin, catalogXmin);
        }
        else
        {
            long held = (long)FullXid.Older(xmin, catalogXmin);
            changed = _process.Slot.FeedbackXmin.Exchange(held) != held;
        }
        if (changed && _cascading)
            _process.Wake(ProcessKind.WalReceiver); // it passes on what is urgent
    }
}
