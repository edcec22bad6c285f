using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;

namespace Pgrepl.WalSender.Replication;

// The loop: requests, replies, WAL, time. Times are milliseconds of a monotonic clock.
// Source of truth: WalSndLoop, WalSndCheckTimeOut, WalSndKeepaliveIfNecessary, WalSndDone, PostgreSQL 15, walsender.c.
internal sealed partial class PhysicalStream
{
    private const int LongestSleepMilliseconds = 10_000;

    private bool _caughtUp;
    private bool _doneSending;   // we have sent CopyDone
    private bool _doneReceiving; // the client has
    private bool _pinged;        // asked for a reply, and none has come since
    private long _lastReply;
    private long _stopBy;        // 0: nobody told us to stop

    /// <summary>Messages in a row before it looks at replies and signals again.</summary>
    private const int MessagesPerTurn = 8;

    private bool IsPending => !session.Writer.Pending.IsEmpty || !_file.IsEmpty;

    private int TimeoutMilliseconds => _process.Settings.Int("wal_sender_timeout");

    private void Stream()
    {
        _lastReply = Environment.TickCount64;
        while (true)
        {
            _process.Latch.Reset();
            HandleRequests();
            ReceiveReplies();

            SendSome();
            if (_doneReceiving && _doneSending && !IsPending)
                return;

            if (_caughtUp && !IsPending)
            {
                if (_process.Slot.SenderState.Value == (int)WalSenderState.Catchup)
                {
                    SetState(WalSenderState.Streaming);
                    _syncRep.ReleaseWaiters(); // what it confirmed while it caught up counts from now on
                }
                if (_stopBy != 0)
                    FinishIfReplicated();
            }
            CheckTime();

            // Even with more to send it looks at the signals.
            bool idle = _caughtUp || _doneSending || IsPending;
            PollEvents interest = (_doneReceiving ? PollEvents.None : PollEvents.Readable) | (IsPending ? PollEvents.Writable : PollEvents.None);
            _process.Loop.Wait(idle ? SleepMilliseconds() : 0, session.Socket, interest);
        }
    }

    private void SendSome()
    {
        _caughtUp &= !IsPending;
        for (int i = 0; i < MessagesPerTurn && _file.TrySend(); i++)
        {
            SendWal();
            if (_caughtUp || _doneSending)
                break;
        }
        _ = _file.TrySend();
    }

    private void HandleRequests()
    {
        if (_process.Loop.ShutdownRequested || session.Slots.MustEnd)
            throw Fatal(Interrupts.Ending());
        Interrupts.ThrowIfCanceled(_process);
        if (_process.Loop.ReloadRequested && _process.RefreshSettings())
        {
            _syncRep.Configure(_cascading);
            _syncRep.ReleaseWaiters(); // the new rule may be content with what is confirmed already
        }
        if (_process.Loop.User2Requested && _stopBy == 0)
        {
            SetState(WalSenderState.Stopping);
            _stopBy = TimeoutMilliseconds > 0 ? Environment.TickCount64 + TimeoutMilliseconds : long.MaxValue;
        }
    }

    /// <summary>WalSndDone: the last act at shutdown, once the peer has everything: flushed, or written when it reports no flush, as pg_receivewal.</summary>
    private void FinishIfReplicated()
    {
        SendWal();
        ProcessSlot slot = _process.Slot;
        if (_caughtUp && !IsPending && (slot.PeerFlushed.Value.IsValid ? slot.PeerFlushed : slot.PeerWritten).Value >= _sent)
        {
            Writer.CommandComplete("COPY 0");
            session.Flush();
            throw new ConnectionLostException("streaming has ended with the server's shutdown");
        }
        if (!_pinged)
            SendKeepalive(requestReply: true);
    }

    private void CheckTime()
    {
        int timeout = TimeoutMilliseconds;
        long now = Environment.TickCount64;
        if (_stopBy != 0 && now >= _stopBy)
        {
            _process.Log.Log("terminating walsender process at shutdown although the standby has not confirmed all WAL",
                $"Sent up to {_sent}, flushed by the standby up to {_process.Slot.PeerFlushed.Value}.");
            throw new ConnectionLostException("the standby did not confirm in time");
        }
        if (timeout <= 0)
            return;
        if (now >= _lastReply + timeout)
        {
            // Most likely the network is broken: the standby is not told.
            _process.Log.Log("terminating walsender process due to replication timeout");
            throw new ConnectionLostException("terminating walsender process due to replication timeout");
        }
        if (!_pinged && now >= _lastReply + timeout / 2)
        {
            SendKeepalive(requestReply: true);
            _ = _file.TrySend();
        }
    }

    private int SleepMilliseconds()
    {
        long now = Environment.TickCount64;
        long until = now + LongestSleepMilliseconds;
        int timeout = TimeoutMilliseconds;
        if (timeout > 0)
            until = Math.Min(until, _lastReply + (_pinged ? timeout : timeout / 2));
        if (_stopBy != 0)
            until = Math.Min(until, _stopBy);
        return (int)Math.Max(0, until - now);
    }
}
