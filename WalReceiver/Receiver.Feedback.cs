using System.Buffers.Binary;
using Pgrepl.Shared.Node;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

// What those below us want upstream to keep. Times are milliseconds of a monotonic clock. Source of truth: XLogWalRcvSendHSFeedback, PostgreSQL 15, walreceiver.c.
internal sealed partial class Receiver
{
    private readonly byte[] _feedback = new byte[1 + 8 + 4 * 4];
    private StandbyFeedback _toldUpstream;
    private bool _upstreamHolds; // as far as we know: a slot may hold what an earlier walreceiver said
    private long _feedbackAt;

    private bool PassesFeedback => process.Settings.Bool("hot_standby_feedback") && StatusIntervalMilliseconds > 0;

    /// <summary>A new stream: upstream may hold nothing, or too much. Those below, of whom some may still be on their way back to us, have an interval to say.</summary>
    private void BeginFeedback()
    {
        _toldUpstream = default;
        _upstreamHolds = true;
        _feedbackAt = Environment.TickCount64;
    }

    /// <summary>Once an interval; at once when somebody comes, goes, needs more than all others, or when the setting is turned off: that withdraws everything.</summary>
    private void SendFeedback()
    {
        bool on = PassesFeedback;
        if (!on && !_upstreamHolds)
            return;
        long now = Environment.TickCount64;
        bool due = now - _feedbackAt >= StatusIntervalMilliseconds;
        if ((on ? StandbyFeedback.Of(process.Segment) : default(StandbyFeedback)) is not { } wanted)
        {
            _feedbackAt = due ? now : _feedbackAt;
            return;
        }
        bool urgent = !on || IsUrgent(wanted.Xmin, _toldUpstream.Xmin) || IsUrgent(wanted.CatalogXmin, _toldUpstream.CatalogXmin);
        if (!urgent && !due)
            return;
        if (wanted.IsNone && !_upstreamHolds)
        {
            _feedbackAt = now;
            return;
        }
        _feedback[0] = (byte)'h';
        BinaryPrimitives.WriteInt64BigEndian(_feedback.AsSpan(1), PgTime.Now());
        WriteXid(_feedback.AsSpan(9), wanted.Xmin);
        WriteXid(_feedback.AsSpan(17), wanted.CatalogXmin);
        if (!Connected.Send(_feedback))
            return; // no room: soon again
        _toldUpstream = wanted;
        _upstreamHolds = !wanted.IsNone;
        _feedbackAt = now;
        Connected.Flush();
    }

    private static bool IsUrgent(ulong wanted, ulong told) => (wanted == 0) != (told == 0) || wanted < told;

    /// <summary>The 32 bits, then the epoch.</summary>
    private static void WriteXid(Span<byte> target, ulong xid)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)xid);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], (uint)(xid >> 32));
    }
}
