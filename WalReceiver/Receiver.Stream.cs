using System.Buffers.Binary;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

// The loop of one stream. Times are milliseconds of a monotonic clock. Source of truth: WalReceiverMain, XLogWalRcvProcessMsg, PostgreSQL 15, walreceiver.c.
internal sealed partial class Receiver
{
    /// <summary>Bytes after which the stream has to wait for one fdatasync; the kernel has begun to write them before.</summary>
    private const int SyncAfterBytes = 16 * 1024 * 1024;

    /// <summary>Milliseconds without anything new after which what has come is made durable, though much more is announced.</summary>
    private const int LongestUnsynced = 20;

    /// <summary>Bytes; PostgreSQL and we send at most 128 KiB of WAL in a message.</summary>
    private const int MaxMessageSize = 16 * 1024 * 1024;

    private const int WalHeaderLength = 3 * 8;
    private const int KeepaliveLength = 2 * 8 + 1;

    private long _lastReceived;
    private bool _pinged;

    /// <param name="enough">Ends the stream from our side, after something was taken.</param>
    private void StreamUntilEnd(Func<bool>? enough = null)
    {
        _lastReceived = Environment.TickCount64;
        _pinged = false;
        BeginFeedback();
        while (true)
        {
            process.Latch.Reset();
            CheckInterrupts();
            if (process.Segment.Recovery.RecoveryDone.Value != 0)
                throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "cannot continue WAL streaming, recovery has already ended");
            if (_control.ForceReply.Exchange(0) != 0 || _replyOwed)
                SendReply(force: true);

            CopyReadStatus last = Drain();
            if (last == CopyReadStatus.End)
            {
                process.Log.Log("replication terminated by primary server", $"End of WAL reached on timeline {_timeline} at {_wal!.Written}.");
                return;
            }
            if (enough?.Invoke() == true)
                return;
            CheckTime();
            PollEvents interest = PollEvents.Readable | (Connected.Flush() ? PollEvents.Writable : PollEvents.None);
            // After Data there is more, perhaps in libpq's buffer: only look at the signals.
            int sleep = last == CopyReadStatus.Data ? 0 : SleepMilliseconds();
            if (_wal!.Written > _wal.Flushed)
                sleep = sleep < 0 ? LongestUnsynced : Math.Min(sleep, LongestUnsynced);
            process.Loop.Wait(sleep, Connected.Socket, interest);
        }
    }

    /// <summary>Takes what is here, writes it, replies; makes it durable once for all, replies again. While much is still to come nobody waits for the little that is here:
    /// it becomes durable with what follows.</summary>
    /// <returns>Why it stopped; Data: it was enough for one fdatasync.</returns>
    private CopyReadStatus Drain()
    {
        bool any = false;
        CopyReadStatus status;
        while ((status = Connected.Receive(out ReadOnlySpan<byte> message)) == CopyReadStatus.Data)
        {
            any = true;
            _lastReceived = Environment.TickCount64;
            _pinged = false;
            Take(message);
            if (_wal!.Written.BytesSince(_wal.Flushed) >= SyncAfterBytes)
                break;
        }
        if (any && status == CopyReadStatus.WouldBlock && _wal!.CatchingUp)
        {
            _control.Received.Raise(_wal.Received);
            return status;
        }
        any &= status != CopyReadStatus.End;
        if (any)
            SendReply(force: false);
        _wal!.Sync();
        bool wake = PublishPositions();
        try
        {
            if (any)
                SendReply(force: false); // before anybody here is woken: a commit waits for it
        }
        finally
        {
            if (wake)
                WakeOthers();
        }
        return status;
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        byte type = message.IsEmpty ? (byte)0 : message[0];
        ReadOnlySpan<byte> body = message.IsEmpty ? message : message[1..];
        switch (type)
        {
            case (byte)'w':
                if (body.Length is < WalHeaderLength or > MaxMessageSize)
                    throw new PgException(SqlStates.ProtocolViolation, "invalid WAL message received from primary");
                Lsn start = new(BinaryPrimitives.ReadUInt64BigEndian(body));
                Lsn end = new(BinaryPrimitives.ReadUInt64BigEndian(body[8..]));
                NoteUpstream(end, BinaryPrimitives.ReadInt64BigEndian(body[16..]));
                _wal!.CatchingUp = end.BytesSince(start) > _segmentSize;
                _wal.Receive(start, body[WalHeaderLength..]);
                _control.Received.Raise(_wal.Received);
                _control.Written.Raise(_wal.Written);
                _statistics.Flush.Moved(_wal.Written, _control.Flushed.Value);
                break;
            case (byte)'k':
                if (body.Length != KeepaliveLength)
                    throw new PgException(SqlStates.ProtocolViolation, "invalid keepalive message received from primary");
                NoteUpstream(new Lsn(BinaryPrimitives.ReadUInt64BigEndian(body)), BinaryPrimitives.ReadInt64BigEndian(body[8..]));
                if (body[16] != 0)
                    SendReply(force: true);
                break;
            default:
                throw new PgException(SqlStates.ProtocolViolation, $"invalid replication message type {type}");
        }
    }

    private void CheckTime()
    {
        int timeout = process.Settings.Int("wal_receiver_timeout");
        long now = Environment.TickCount64;
        if (timeout > 0 && now >= _lastReceived + timeout)
            throw new PgException(SqlStates.ConnectionFailure, "terminating walreceiver due to timeout");
        bool ping = timeout > 0 && !_pinged && now >= _lastReceived + timeout / 2;
        _pinged |= ping;
        SendReply(force: ping, requestReply: ping);
        SendFeedback();
    }

    private int SleepMilliseconds()
    {
        long now = Environment.TickCount64;
        long until = long.MaxValue;
        int timeout = process.Settings.Int("wal_receiver_timeout");
        int interval = StatusIntervalMilliseconds;
        if (timeout > 0)
            until = _lastReceived + (_pinged ? timeout : timeout / 2);
        if (interval > 0)
            until = Math.Min(until, _repliedAt + interval);
        if (PassesFeedback)
            until = Math.Min(until, Math.Max(now + 100, _feedbackAt + interval)); // overdue: there was no room in the socket
        return until == long.MaxValue ? -1 : (int)Math.Clamp(until - now, 0, int.MaxValue);
    }
}
