using System.Buffers.Binary;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

// What the peer says. Source of truth: ProcessRepliesIfAny, ProcessStandbyReplyMessage, PostgreSQL 15, walsender.c.
internal sealed partial class PhysicalStream
{
    private const int ReplyLength = 1 + 4 * 8 + 1;

    private bool _fullyAppliedLastTime;

    private void ReceiveReplies()
    {
        if (_doneReceiving)
            return; // what comes now is the next command
        if (!session.Receive())
        {
            _process.Log.Log("unexpected EOF on standby connection");
            throw new ConnectionLostException("unexpected EOF on standby connection");
        }
        while (!_doneReceiving && TryRead(out byte type, out ReadOnlySpan<byte> payload))
        {
            _lastReply = Environment.TickCount64;
            _pinged = false;
            switch (type)
            {
                case (byte)'d':
                    Heard(payload);
                    break;
                case (byte)'c':
                    if (!_doneSending)
                        Writer.CopyDone();
                    _doneSending = _doneReceiving = true;
                    break;
                case (byte)'X':
                    throw new ConnectionLostException("the standby has closed its connection");
                default:
                    throw Fatal(new PgException(SqlStates.ProtocolViolation, $"invalid standby message type \"{(char)type}\""));
            }
        }
    }

    private bool TryRead(out byte type, out ReadOnlySpan<byte> payload)
    {
        try
        {
            return session.Reader.TryRead(out type, out payload);
        }
        catch (PgException error) when (error.SqlState != SqlStates.ProgramLimitExceeded) // too long, its end is known: the stream ends, the session lives
        {
            throw Fatal(error);
        }
    }

    private void Heard(ReadOnlySpan<byte> message)
    {
        switch (message.IsEmpty ? (byte)0 : message[0])
        {
            case (byte)'r' when message.Length >= ReplyLength:
                Replied(
                    new Lsn(BinaryPrimitives.ReadUInt64BigEndian(message[1..])),
                    new Lsn(BinaryPrimitives.ReadUInt64BigEndian(message[9..])),
                    new Lsn(BinaryPrimitives.ReadUInt64BigEndian(message[17..])),
                    BinaryPrimitives.ReadInt64BigEndian(message[25..]),
                    replyRequested: message[33] != 0);
                break;
            case (byte)'h' when message.Length >= FeedbackLength:
                TakeFeedback(message);
                break;
            default:
                string text = message.IsEmpty || message[0] is (byte)'r' or (byte)'h' ? "insufficient data left in message" : $"unexpected message type \"{(char)message[0]}\"";
                _process.Log.Log(text);
                throw new ConnectionLostException(text);
        }
    }

    private void Replied(Lsn written, Lsn flushed, Lsn applied, long replyTime, bool replyRequested)
    {
        long now = MonotonicTime.Microseconds;
        long writeLag = _lag.Reached(SyncWaitMode.Write, written, now);
        long flushLag = _lag.Reached(SyncWaitMode.Flush, flushed, now);
        long applyLag = _lag.Reached(SyncWaitMode.Apply, applied, now);

        // Twice in a row all applied: that reply came from the interval, nothing is going on, old lags would be stale.
        bool fullyApplied = applied == _sent;
        bool clear = fullyApplied && _fullyAppliedLastTime;
        _fullyAppliedLastTime = fullyApplied;

        if (replyRequested)
            SendKeepalive(requestReply: false);

        ProcessSlot slot = _process.Slot;
        slot.PeerWritten.Value = written;
        slot.PeerFlushed.Value = flushed;
        slot.PeerApplied.Value = applied;
        Note(slot.WriteLag, writeLag, clear);
        Note(slot.FlushLag, flushLag, clear);
        Note(slot.ApplyLag, applyLag, clear);
        NoteOutstanding();
        slot.ReplyTime.Value = replyTime;

        if (!_cascading)
            _syncRep.ReleaseWaiters();
        session.Slots.Confirm(flushed);
    }

    /// <summary>A peer that says nothing more is later and later, which what it said last does not show.</summary>
    private void NoteOutstanding()
    {
        ProcessSlot slot = _process.Slot;
        slot.WriteSince.Value = _lag.OutstandingSince(SyncWaitMode.Write);
        slot.FlushSince.Value = _lag.OutstandingSince(SyncWaitMode.Flush);
        slot.ApplySince.Value = _lag.OutstandingSince(SyncWaitMode.Apply);
    }

    private static void Note(SharedInt64 lag, long measured, bool clear)
    {
        if (measured != LagTracker.Unknown || clear)
            lag.Value = measured;
    }
}
