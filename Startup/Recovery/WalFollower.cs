using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Brings WAL to replay: first what is in pg_wal, then, on a standby, what walreceiver streams, and pg_wal again when it fails.</summary>
/// <remarks>Answers to WaitForWALToBecomeAvailable, RequestXLogStreaming and rescanLatestTimeLine, PostgreSQL 15,
/// src/backend/access/transam/xlogrecovery.c, src/backend/replication/walreceiverfuncs.c.</remarks>
internal sealed class WalFollower(FollowedWal state, SegmentPageSource source, WalReader reader, Func<bool> promotionAsked)
{
    /// <summary>A walreceiver that has not come up after this is asked for again (WALRCV_STARTUP_TIMEOUT).</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private const int QuietMilliseconds = 20;

    private readonly ChildProcess _self = state.Self;
    private readonly WalReceiverControl _receiver = state.Self.Segment.Receiver;
    private bool _streaming;
    private long _lastRequest;
    private long _waitingSince;
    private string? _lastForkMessage;
    private Lsn _toldReplayed;
    private Lsn _quietAt;
    private long _quietSince;

    /// <summary>Makes the next record readable, or says that there will be none.</summary>
    /// <returns>False: promotion was asked for and everything received is replayed, or we are to end.</returns>
    public bool WaitForMore()
    {
        while (true)
        {
            if (_self.Loop.ShutdownRequested)
                return false;
            if (promotionAsked())
            {
                StopReceiver();
                return TakeWhatIsThere();
            }
            if (_streaming && Advance())
                return true;

            switch (ReceiverState())
            {
                case WalReceiverState.Stopped:
                    if (_streaming)
                    {
                        _streaming = false; // it ended: look into pg_wal once more, for a new timeline too
                        if (TakeWhatIsThere())
                            return true;
                    }
                    if (_lastRequest != 0 && Pause(_lastRequest) is > 0 and var pause)
                    {
                        Sleep((int)pause);
                        continue;
                    }
                    _ = RescanLatestTimeline();
                    if (_self.Settings["primary_conninfo"].Length > 0 || _self.Settings["restore_command"].Length > 0)
                        RequestStreaming(WalReceiverState.Starting);
                    else
                        Sleep(-1);
                    continue;
                case WalReceiverState.Waiting:
                    if (Advance())
                        return true;
                    // The timeline has ended upstream, or upstream was shut down: go on with the next one, or ask again after a while.
                    _waitingSince = _waitingSince == 0 ? Environment.TickCount64 : _waitingSince;
                    if (RescanLatestTimeline() || NextTimelineIsKnown() || Pause(_waitingSince) <= 0)
                    {
                        _waitingSince = 0;
                        RequestStreaming(WalReceiverState.Restarting);
                        continue;
                    }
                    Sleep((int)Pause(_waitingSince));
                    continue;
                case WalReceiverState.Starting when Environment.TickCount64 - _lastRequest > StartPatience.TotalMilliseconds:
                    StopReceiver();
                    continue;
            }
            if (_receiver.ForceReply.Value != 0 || _receiver.Validated.Value == state.Replayed)
                _self.Wake(ProcessKind.WalReceiver); // nothing left to apply: it tells upstream
            int untilReply = TellReplayed();
            Sleep(ReceiverState() == WalReceiverState.Starting ? 1000 : untilReply);
        }
    }

    /// <summary>WalRcvForceReply: when all that came is replayed, upstream is told, so that an idle standby is not shown as late until the next status interval.
    /// Only after a short pause: while more keeps coming, the replies to that tell it too.</summary>
    /// <returns>Milliseconds until then; -1: it is told, or nothing is replayed here.</returns>
    private int TellReplayed()
    {
        Lsn replayed = state.Shared.Replayed.Value;
        if (!replayed.IsValid || replayed == _toldReplayed || _receiver.Validated.Value > replayed)
            return -1;
        long now = Environment.TickCount64;
        if (replayed != _quietAt)
            (_quietAt, _quietSince) = (replayed, now);
        if (_quietSince + QuietMilliseconds > now)
            return (int)(_quietSince + QuietMilliseconds - now);
        _toldReplayed = replayed;
        _receiver.ForceReply.Exchange(1);
        _self.Wake(ProcessKind.WalReceiver);
        return -1;
    }

    /// <summary>ShutdownWalRcv: asks walreceiver to end and waits until it has.</summary>
    public void StopReceiver()
    {
        while (true)
        {
            bool runs = ReceiverRuns;
            _receiver.Lock.Enter();
            var now = (WalReceiverState)_receiver.State.Value;
            if (!runs)
                _receiver.State.Value = (int)WalReceiverState.Stopped; // gone, or never came up: if it still does, it sees this and ends
            else if (now is not (WalReceiverState.Stopped or WalReceiverState.Stopping))
                _receiver.State.Value = (int)WalReceiverState.Stopping;
            _receiver.Lock.Leave();
            if (!runs)
                return;
            _self.Wake(ProcessKind.WalReceiver);
            _self.Latch.Reset();
            _ = _self.Loop.Wait(20);
            if (_self.Loop.ShutdownRequested)
                return;
        }
    }

    /// <summary>Its slot in the process table is taken: the postmaster frees it when it has seen the end of the process.</summary>
    private bool ReceiverRuns => _self.Segment.Slots[SharedSegment.SlotOf(ProcessKind.WalReceiver)].Pid.Value != 0;

    /// <summary>What walreceiver says; one that ended without a word has stopped.</summary>
    private WalReceiverState ReceiverState()
    {
        var said = (WalReceiverState)_receiver.State.Value;
        if (said is WalReceiverState.Stopped or WalReceiverState.Starting || ReceiverRuns)
            return said;
        _receiver.Lock.Enter();
        _receiver.State.Value = (int)WalReceiverState.Stopped;
        _receiver.Lock.Leave();
        return WalReceiverState.Stopped;
    }

    /// <summary>More valid WAL than we have read: let the reader at it.</summary>
    private bool Advance()
    {
        Lsn validated = _receiver.Validated.Value;
        if (validated <= source.Limit)
            return false;
        source.Limit = validated;
        return true;
    }

    /// <summary>Lets the reader at whatever pg_wal has behind the last record: after the stream ended, only what was judged is durable and valid.</summary>
    private bool TakeWhatIsThere()
    {
        Lsn validated = Lsn.Max(_receiver.Validated.Value, state.Replayed);
        bool more = validated > state.Replayed && validated != source.Limit; // the reader has seen up to the limit
        source.Limit = validated;
        source.Close();
        return more;
    }

    /// <summary>What is left of wal_retrieve_retry_interval since then, milliseconds.</summary>
    private long Pause(long since) => since + (long)_self.Settings.Duration("wal_retrieve_retry_interval").TotalMilliseconds - Environment.TickCount64;

    private void RequestStreaming(WalReceiverState wanted)
    {
        Lsn position = state.Replayed;
        Lsn segmentStart = new(position.Value & ~(ulong)(state.SegmentSize - 1));
        TimelineId timeline = state.History.TimelineOf(position);
        source.History = state.History;
        source.Limit = Lsn.Max(position, _receiver.Validated.Value);
        reader.BeginRead(position, state.LastRecord);

        _receiver.Lock.Enter();
        _receiver.ReceiveStart.Value = segmentStart;
        _receiver.ReceiveStartTimeline.Value = (int)timeline.Value;
        _receiver.ValidFrom.Value = position;
        _receiver.PreviousRecord.Value = state.LastRecord;
        _receiver.Timeline.Value = (int)timeline.Value;
        _receiver.Received.Raise(position);
        _receiver.Written.Raise(position);
        _receiver.Flushed.Raise(position);
        _receiver.Validated.Raise(position);
        _receiver.StartTime.Value = PgTime.Now();
        _receiver.State.Value = (int)wanted;
        _receiver.Lock.Leave();

        _streaming = true;
        _lastRequest = Environment.TickCount64;
        if (wanted == WalReceiverState.Starting)
            _self.SendPostmasterSignal(PostmasterSignal.StartWalReceiver);
        else
            _self.Wake(ProcessKind.WalReceiver);
    }

    /// <summary>We are at the end of a timeline that is not the last of our history: two promotions in a row.</summary>
    private bool NextTimelineIsKnown() => state.History.TimelineOf(state.Replayed).Value > (uint)_receiver.ReceiveStartTimeline.Value;

    /// <summary>rescanLatestTimeLine: is there a newer timeline that left ours at or after where we are?</summary>
    /// <returns>True: we follow it from now on.</returns>
    private bool RescanLatestTimeline()
    {
        if (_self.Settings["recovery_target_timeline"] is not ("latest" or ""))
            return false;
        TimelineId newest = TimelineHistoryFiles.FindNewest(_self.Data, state.History.Target);
        if (newest == state.History.Target)
            return false;
        TimelineHistory candidate = TimelineHistoryFiles.Read(_self.Data, newest);
        // What is validated has been served and reported, even if its last record, a switch, does not count as read yet.
        if (state.Refusal(candidate, Lsn.Max(state.Replayed, _receiver.Validated.Value)) is { } refusal)
        {
            if (refusal != _lastForkMessage)
                _self.Log.Log(refusal, hint: "This server cannot follow its upstream any more: stop it and use \"pgrepl rejoin\".");
            _lastForkMessage = refusal;
            return false;
        }
        state.Follow(candidate);
        source.History = candidate;
        _self.Log.Log($"new target timeline is {newest}");
        return true;
    }

    private void Sleep(int milliseconds)
    {
        _self.Latch.Reset();
        // What is looked at between Reset and Wait cannot be missed: a setter comes after its data.
        if (_streaming && _receiver.Validated.Value > source.Limit)
            return;
        _ = _self.Loop.Wait(milliseconds);
        if (_self.Loop.ReloadRequested)
            _ = _self.RefreshSettings();
    }
}
