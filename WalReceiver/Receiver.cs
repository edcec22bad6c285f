using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalReceiver.Repair;

namespace Pgrepl.WalReceiver;

/// <summary>The walreceiver process: streams WAL from upstream to disk until told to stop, or until something is wrong; startup then asks for a new one.</summary>
/// <remarks>This file: the life of the process. <c>.Stream</c> is the loop, <c>.Replies</c> and <c>.Feedback</c> what upstream hears, <c>.Positions</c> what this node hears.
/// Source of truth: WalReceiverMain, WalRcvDie, PostgreSQL 15, src/backend/replication/walreceiver.c.</remarks>
internal sealed partial class Receiver(ChildProcess process) : IDisposable
{
    private readonly WalReceiverControl _control = process.Segment.Receiver;
    private readonly Statistics _statistics = process.Segment.Statistics;
    private readonly int _segmentSize = process.Segment.Recovery.SegmentSize.Value;
    private readonly ulong _systemId = (ulong)process.Segment.Recovery.SystemId.Value;
    private readonly string _conninfo = process.Settings["primary_conninfo"];
    private readonly string _slotName = process.Settings["primary_slot_name"];
    private Upstream? _connection;
    private ReceivedWal? _wal;
    private Lsn _start;
    private Lsn _validFrom;
    private Lsn _previousRecord;
    private TimelineId _timeline;
    private bool _hasStreamed;

    private Upstream Connected => _connection!;

    private string ApplicationName => process.Settings["cluster_name"] is { Length: > 0 } cluster ? cluster : "walreceiver";

    /// <returns>0: told to stop. 1: not told to, and it is logged why.</returns>
    /// <exception cref="PgException">The same, but the caller logs it.</exception>
    public int Run()
    {
        if (!TakeOver())
            return 1;
        try
        {
            if (PgLibrary.LibpqMissing() is { } missing)
                throw new PgException(SqlStates.UndefinedFile, missing);
            if (_conninfo.Length == 0)
                return RestoreWithoutUpstream();
            _connection = ConnectOrRestore();
            while (true)
                FollowTimeline();
        }
        catch (GapStillOpenException)
        {
            return 1; // and said so before
        }
        catch (StopRequestedException)
        {
            return 0;
        }
        catch (BadWalException bad)
        {
            Complain(bad);
            return 1;
        }
        finally
        {
            Die();
        }
    }

    /// <returns>False: startup has thought better of it.</returns>
    private bool TakeOver()
    {
        _control.Lock.Enter();
        var state = (WalReceiverState)_control.State.Value;
        if (state == WalReceiverState.Starting)
        {
            _control.State.Value = (int)WalReceiverState.Streaming;
            ReadRequest();
        }
        else if (state == WalReceiverState.Stopping)
        {
            _control.State.Value = (int)WalReceiverState.Stopped;
        }
        _control.Lock.Leave();
        if (state == WalReceiverState.Stopping)
            process.Wake(ProcessKind.Startup);
        if (state is not (WalReceiverState.Starting or WalReceiverState.Stopping or WalReceiverState.Stopped))
            process.Panic(new InvalidOperationException("walreceiver still running according to shared memory state"));
        return state == WalReceiverState.Starting;
    }

    /// <summary>Under the lock.</summary>
    private void ReadRequest()
    {
        _start = _control.ReceiveStart.Value;
        _start = new Lsn(_start.Value / (ulong)_segmentSize * (ulong)_segmentSize);
        _validFrom = _control.ValidFrom.Value;
        _previousRecord = _control.PreviousRecord.Value;
        _timeline = new TimelineId((uint)_control.ReceiveStartTimeline.Value);
        _control.Timeline.Value = (int)_timeline.Value;
    }

    private Upstream Connect(string conninfo, string slotName)
    {
        long now = PgTime.Now();
        _control.Streaming.Value = 0;
        _control.LastMessageSendTime.Value = _control.LastMessageReceiptTime.Value = _control.LatestEndTime.Value = now;
        Upstream upstream = Upstream.Connect(process, conninfo, ApplicationName, process.Settings.Int("wal_receiver_timeout"), CheckInterrupts);
        _control.Conninfo.Value = upstream.ConninfoMasked;
        _control.SenderHost.Value = upstream.Host;
        _control.SenderPort.Value = upstream.Port;
        _control.SlotName.Value = slotName;
        return upstream;
    }

    /// <summary>Streams to the end of one timeline, then waits for orders.</summary>
    private void FollowTimeline()
    {
        CheckUpstream();
        OpenWal();
        while (!StreamTimeline())
        {
            _connection = Connect(_conninfo, _slotName);
            CheckUpstream();
            OpenWal();
        }
        _wal!.Dispose(); // all of it is durable: the loop ends with that
        _wal = null;
        WaitForStartPosition();
    }

    /// <summary>Where startup asked for, or behind the last record that came since.</summary>
    private void OpenWal()
    {
        if (_wal is { LastRecord.End.IsValid: true } before)
        {
            (_previousRecord, _validFrom) = before.LastRecord;
            _start = new Lsn(_validFrom.Value / (ulong)_segmentSize * (ulong)_segmentSize);
        }
        _wal?.Dispose();
        _wal = new ReceivedWal(process.Data, process.Segment.Recovery.Major, _segmentSize, _systemId, _timeline, _start, _validFrom, _previousRecord, process.Panic);
        Publish();
    }

    /// <returns>False: upstream lacked WAL, which has come from elsewhere; it is to be asked for what follows.</returns>
    private bool StreamTimeline()
    {
        try
        {
            if (!Connected.StartStreaming(_slotName, _start, _timeline))
            {
                process.Log.Log($"primary server contains no more WAL on requested timeline {_timeline}");
                return true;
            }
            process.Log.Log($"{(_hasStreamed ? "restarted WAL streaming" : "started streaming WAL from primary")} at {_start} on timeline {_timeline}");
            _hasStreamed = true;
            _control.Streaming.Value = 1;
            StreamUntilEnd();
            _control.Streaming.Value = 0;
            FetchTimelineHistories(Connected.EndStreaming());
            return true;
        }
        catch (WalRemovedException removed)
        {
            FillGap(removed);
            return false;
        }
    }

    /// <summary>The same cluster, and not behind us.</summary>
    private void CheckUpstream()
    {
        (ulong systemId, TimelineId timeline) = Connected.IdentifySystem();
        if (systemId != _systemId)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "database system identifier differs between the primary and standby",
                $"The primary's identifier is {systemId}, the standby's identifier is {_systemId}.", "Correct primary_conninfo: it leads to another cluster.");
        if (timeline < _timeline)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState,
                $"highest timeline {timeline} of the primary is behind recovery timeline {_timeline}",
                hint: "It has not followed the promotion that this node has: change primary_conninfo to a server on the newer timeline.");
        CheckVersion();
        FetchTimelineHistories(timeline);
        if (!_hasStreamed && _isRelay && Connected.Show("synchronous_commit") == "remote_apply")
            process.Log.Warning("synchronous_commit is remote_apply on the upstream server, and a relay never applies anything",
                "Commits that wait for this relay would wait for ever.", "Set synchronous_commit to on there, or leave this relay out of synchronous_standby_names.");
    }

    /// <summary>WAL of another major would not be understood here. Its minor is what a relay says of itself.</summary>
    private void CheckVersion()
    {
        RecoveryControl recovery = process.Segment.Recovery;
        int number = Connected.ServerVersionNumber;
        if (number / 10_000 != recovery.Major.Number)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "major version of the primary differs from that of the WAL of this node",
                $"The primary is PostgreSQL {Connected.ServerVersion}, this node has WAL of PostgreSQL {recovery.Major}.");
        if (recovery.ServerVersionNumber.Value is 0 || recovery.ServerVersionNumber.Value == number)
            return;
        recovery.ServerVersion.Value = Connected.ServerVersion;
        recovery.ServerVersionNumber.Value = number;
    }

    /// <summary>From ours to <paramref name="last"/>. What is here must be what upstream has: a timeline has one history.</summary>
    private void FetchTimelineHistories(TimelineId last)
    {
        for (TimelineId timeline = _timeline > TimelineId.First ? _timeline : _timeline.Next; timeline <= last; timeline = timeline.Next)
        {
            bool stored = TimelineHistoryFiles.Exists(process.Data, timeline);
            if (!stored)
                process.Log.Log($"fetching timeline history file for timeline {timeline} from primary server");
            byte[] text;
            try
            {
                text = Connected.ReadTimelineHistory(timeline);
            }
            catch (PgException) when (stored && Connected.Socket >= 0)
            {
                continue; // upstream may have lost an old one that we kept
            }
            CheckTimelineHistory(timeline, text);
            StoreTimelineHistory(timeline, text);
        }
    }

    private void StoreTimelineHistory(TimelineId timeline, byte[] text)
    {
        try
        {
            TimelineHistoryFiles.Store(process.Data, timeline, text);
        }
        catch (PgException other) when (other.SqlState == SqlStates.DuplicateFile)
        {
            throw new PgException(SqlStates.DuplicateFile, $"history of timeline {timeline} from upstream differs from our own",
                "Two servers were promoted to this timeline, independently of each other.",
                "Decide which of them counts. If it is this upstream, stop this node and use \"pgrepl rejoin\"; else change primary_conninfo.", other);
        }
    }

    private static void CheckTimelineHistory(TimelineId timeline, byte[] text)
    {
        try
        {
            _ = TimelineHistory.Parse(timeline, text);
        }
        catch (TimelineHistoryException error)
        {
            throw new PgException(SqlStates.ProtocolViolation, $"primary sent an invalid timeline history file for timeline {timeline}", error.Message.TrimEnd(), error.Hint, error);
        }
    }

    /// <summary>WalRcvWaitForStartPosition: the timeline has ended; startup decides how it goes on.</summary>
    private void WaitForStartPosition()
    {
        _control.Lock.Enter();
        var state = (WalReceiverState)_control.State.Value;
        if (state == WalReceiverState.Streaming)
            _control.State.Value = (int)WalReceiverState.Waiting;
        _control.Lock.Leave();
        if (state == WalReceiverState.Stopping)
            throw new StopRequestedException();
        if (state != WalReceiverState.Streaming)
            throw new PgException(SqlStates.InternalError, "unexpected walreceiver state");
        process.Wake(ProcessKind.Startup);
        while (true)
        {
            process.Latch.Reset();
            CheckInterrupts();
            _control.Lock.Enter();
            bool restart = _control.State.Value == (int)WalReceiverState.Restarting;
            if (restart)
            {
                ReadRequest();
                _control.State.Value = (int)WalReceiverState.Streaming;
            }
            _control.Lock.Leave();
            if (restart)
                return;
            process.Loop.Wait(-1);
        }
    }

    /// <summary>Looked at before every wait.</summary>
    private void CheckInterrupts()
    {
        if (process.Loop.ShutdownRequested || _control.State.Value == (int)WalReceiverState.Stopping)
        {
            process.Log.Fatal("terminating walreceiver process due to administrator command", sqlState: SqlStates.AdminShutdown);
            throw new StopRequestedException();
        }
        if (!process.Loop.ReloadRequested || !process.RefreshSettings())
            return;
        if (process.Settings["primary_conninfo"] != _conninfo || process.Settings["primary_slot_name"] != _slotName)
        {
            // Startup asks anew, and the new process connects with the new settings.
            process.Log.Log("WAL receiver process shutdown requested");
            throw new StopRequestedException();
        }
    }

    public void Dispose()
    {
        _wal?.Dispose();
        _connection?.Dispose();
    }

    /// <summary>What is written becomes durable and known; then startup may ask for another walreceiver.</summary>
    private void Die()
    {
        _control.Streaming.Value = 0;
        if (_wal is not null)
        {
            _wal.Sync();
            Publish();
        }
        _control.Lock.Enter();
        _control.State.Value = (int)WalReceiverState.Stopped;
        _control.Lock.Leave();
        process.Wake(ProcessKind.Startup);
    }
}
