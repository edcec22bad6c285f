using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalSender.SyncRep;

namespace Pgrepl.WalSender.Replication;

/// <summary>START_REPLICATION: turns a session into a sender of WAL until the timeline ends or the client has enough.</summary>
/// <remarks>This file: checks, beginning and end. <c>.Loop</c> waits and keeps time, <c>.Send</c> and <c>.File</c> send WAL, <c>.Replies</c> and <c>.Feedback</c> hear the peer.
/// Source of truth: StartReplication, PostgreSQL 15, src/backend/replication/walsender.c. Unlike there, a starting point beyond the end of WAL is refused before
/// the COPY begins.</remarks>
internal sealed partial class PhysicalStream(ClientSession session) : IDisposable
{
    private readonly ChildProcess _process = session.Process;
    private readonly LagTracker _lag = new();
    private readonly SyncRepSender _syncRep = new(session.Process);
    private readonly int _segmentSize = session.Process.Segment.Recovery.SegmentSize.Value;
    private readonly SentWal _wal = new(session.Process.Data, session.Process.Segment.Recovery.SegmentSize.Value);
    private TimelineId _timeline;
    private bool _historic;      // the timeline is not the current one: it is sent up to _validUpTo
    private Lsn _validUpTo;
    private TimelineId _next;    // the timeline after a historic one
    private bool _cascading;
    private Lsn _sent;

    /// <summary>Streams; at return both sides have ended the COPY and the closing rows are written. ReadyForQuery is the caller's.</summary>
    /// <exception cref="PgException">To be answered with ErrorResponse and ReadyForQuery, then the session goes on. CopyData, CopyDone and CopyFail that are still
    /// on their way from the client are to be ignored.</exception>
    /// <exception cref="ConnectionLostException">The session is over: the client has gone, has been silent for too long, or has everything at shutdown.
    /// What was to be logged is logged; the process ends with exit code 0.</exception>
    public void Run(StartPhysicalReplicationCommand command)
    {
        if (command.Slot is { } slot)
            session.Slots.Acquire(slot);
        try
        {
            Send(command);
        }
        finally
        {
            session.Slots.Release();
        }
        ReplicationReplies.Of(session).StreamingEnded(_historic ? _next : default, _validUpTo);
    }

    private void Send(StartPhysicalReplicationCommand command)
    {
        SendableWal here = SendableWal.Of(_process.Segment);
        ChooseTimeline(command, here);
        if (!_historic || command.Start < _validUpTo)
        {
            if (here.End < command.Start)
                throw new PgException(SqlStates.InternalError,
                    $"requested starting point {command.Start} is ahead of the WAL flush position of this server {here.End}");
            Begin(command.Start);
            try
            {
                session.Writer.CopyBothResponse();
                Stream();
            }
            finally
            {
                End();
            }
        }
    }

    private void ChooseTimeline(StartPhysicalReplicationCommand command, SendableWal here)
    {
        _cascading = here.Cascading;
        _timeline = command.Timeline.IsValid ? command.Timeline : here.Timeline;
        if (_timeline == here.Timeline)
            return;
        BecomeHistoric(here.Timeline);
        // Loose on purpose, as PostgreSQL: a client may ask for the start of the switch's segment on the newer timeline.
        if (_validUpTo.IsValid && _validUpTo < command.Start)
            throw new PgException(SqlStates.InternalError,
                $"requested starting point {command.Start} on timeline {_timeline} is not in this server's history",
                $"This server's history forked from timeline {_timeline} at {_validUpTo}.");
    }

    /// <summary>The timeline that is sent is not (any more) this server's: finds where it ended.</summary>
    /// <exception cref="PgException">It is not among the ancestors of <paramref name="current"/>.</exception>
    private void BecomeHistoric(TimelineId current)
    {
        try
        {
            _validUpTo = TimelineHistoryFiles.Read(_process.Data, current).SwitchPoint(_timeline, out _next);
        }
        catch (KeyNotFoundException missing)
        {
            throw new PgException(SqlStates.InternalError, missing.Message, inner: missing);
        }
        _historic = true;
    }

    private void Begin(Lsn start)
    {
        ProcessSlot slot = _process.Slot;
        _sent = start;
        slot.Sent.Value = start;
        slot.PeerWritten.Value = slot.PeerFlushed.Value = slot.PeerApplied.Value = Lsn.Invalid;
        slot.WriteLag.Value = slot.FlushLag.Value = slot.ApplyLag.Value = LagTracker.Unknown;
        slot.ReplyTime.Value = slot.FeedbackXmin.Value = 0;
        slot.SenderState.Exchange((int)WalSenderState.Catchup);
        int limit = _process.Settings.Int("max_wal_senders");
        if (_process.Segment.Slots.Count(s => s.SenderState.Value != (int)WalSenderState.None) > limit)
        {
            End();
            throw new PgException(SqlStates.TooManyConnections, $"number of requested standby connections exceeds max_wal_senders (currently {limit})");
        }
        _syncRep.Configure(_cascading);
    }

    /// <summary>Back to a session like any other.</summary>
    private void End()
    {
        _file.Complete(session.Writer.Buffer); // an error's message may follow
        _process.Slot.SenderState.Exchange((int)WalSenderState.None);
        _process.Slot.SyncPriority.Value = 0;
        if (_process.Slot.FeedbackXmin.Exchange(0) != 0 && _cascading)
            _process.Wake(ProcessKind.WalReceiver);
        _wal.Close();
    }

    public void Dispose() => _wal.Dispose();

    private void SetState(WalSenderState state)
    {
        if (_process.Slot.SenderState.Value != (int)state)
            _process.Slot.SenderState.Exchange((int)state);
    }

    /// <summary>Ends the session with the error as its last word.</summary>
    private ConnectionLostException Fatal(PgException error)
    {
        _process.Log.Fatal(error);
        Writer.ErrorResponse(error, "FATAL");
        session.TryFlush();
        return new ConnectionLostException(error.Message);
    }
}
