using System.Buffers.Binary;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

// What upstream hears from us. Times are milliseconds of a monotonic clock. Source of truth: XLogWalRcvSendReply, PostgreSQL 15, walreceiver.c.
internal sealed partial class Receiver
{
    private readonly byte[] _reply = new byte[1 + 4 * 8 + 1];
    private Lsn _repliedWritten;
    private Lsn _repliedFlushed;
    private long _repliedAt;
    private bool _replyOwed; // a forced one found no room

    private int StatusIntervalMilliseconds => (int)Math.Min(process.Settings.Int("wal_receiver_status_interval") * 1000L, int.MaxValue);

    /// <summary>Reports written, flushed and applied.</summary>
    /// <param name="force">Also when nothing has changed and it is not time yet.</param>
    /// <param name="requestReply">Upstream is to answer at once.</param>
    private void SendReply(bool force, bool requestReply = false)
    {
        ReceivedWal wal = _wal!;
        int interval = StatusIntervalMilliseconds;
        if (!force && interval <= 0)
            return;
        long now = Environment.TickCount64;
        var confirmed = ConfirmedWal.Of(wal.Written, wal.Flushed, process.Segment.Recovery.Replayed.Value, wal.Received);
        if (!force && confirmed.Written == _repliedWritten && confirmed.Flushed == _repliedFlushed && now - _repliedAt < interval)
            return;
        _reply[0] = (byte)'r';
        BinaryPrimitives.WriteUInt64BigEndian(_reply.AsSpan(1), confirmed.Written.Value);
        BinaryPrimitives.WriteUInt64BigEndian(_reply.AsSpan(9), confirmed.Flushed.Value);
        BinaryPrimitives.WriteUInt64BigEndian(_reply.AsSpan(17), confirmed.Applied.Value);
        BinaryPrimitives.WriteInt64BigEndian(_reply.AsSpan(25), PgTime.Now());
        _reply[33] = requestReply ? (byte)1 : (byte)0;
        if (!Connected.Send(_reply))
        {
            _replyOwed |= force;
            return;
        }
        _repliedWritten = confirmed.Written;
        _repliedFlushed = confirmed.Flushed;
        _repliedAt = now;
        _replyOwed = false;
        Connected.Flush();
    }
}
