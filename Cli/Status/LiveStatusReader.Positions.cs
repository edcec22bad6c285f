using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Status;

// A stage that has everything of the stage before is 0 late, however long ago that was. Times are microseconds.
internal sealed partial class LiveStatusReader
{
    /// <summary>Beyond the time after which walreceiver asks upstream whether it is there, and upstream's answer to it.</summary>
    private const long SilenceMargin = 2_000_000;

    private const long DefaultSilence = 30_000_000;

    private List<StagePosition> PrimaryPositions()
    {
        // From the last stage to the first: each may grow meanwhile, none falls behind the one that follows from it.
        Lsn flushed = segment.Wal.Flushed.Value, written = Lsn.Max(flushed, segment.Wal.Written.Value);
        int segmentSize = _recovery.SegmentSize.Value;
        Lsn inserted = segmentSize == 0 || InRecovery ? written : Lsn.Max(written, new WalPositions(segmentSize).EndFromUsableBytes(segment.Wal.InsertPosition.Value.Value));
        return
        [
            new("inserted", inserted, 0, 0),
            Behind("written", inserted, written, _statistics.PrimaryWrite),
            Behind("flushed", written, flushed, _statistics.PrimaryFlush),
        ];
    }

    private List<StagePosition> FollowerPositions()
    {
        Lsn replayed = _recovery.Replayed.Value, validated = Lsn.Max(replayed, _receiver.Validated.Value), flushed = Lsn.Max(validated, _receiver.Flushed.Value),
            written = Lsn.Max(flushed, _receiver.Written.Value), received = Lsn.Max(written, _receiver.Received.Value), upstream = _receiver.LatestEnd.Value;
        List<StagePosition> positions =
        [
            new("received", received, upstream.IsValid ? Difference(upstream, received) : null, ReceiveLag(upstream, received)),
            Behind("written", received, written, _statistics.Write),
            Behind("flushed", written, flushed, _statistics.Flush),
            Behind("validated", flushed, validated, _statistics.Validate),
        ];
        if (!_isRelay)
            positions.Add(Behind("replayed", validated, replayed, _statistics.Replay));
        return positions;
    }

    /// <summary>Nobody knows what an upstream has that says nothing: then this node is as late as what it heard last is old.</summary>
    private long? ReceiveLag(Lsn upstream, Lsn received)
    {
        if (LastMessageAge is not { } age)
            return null;
        long timeout = _settings.Int("wal_receiver_timeout") * 1000L;
        long silence = (timeout > 0 ? timeout / 2 : DefaultSilence) + SilenceMargin;
        long behind = _statistics.Receive.Microseconds(upstream, received);
        return !IsStreaming || age > silence ? Math.Max(age, behind) : behind;
    }

    private static StagePosition Behind(string stage, Lsn leader, Lsn follower, StageLag lag) =>
        new(stage, follower, Difference(leader, follower), lag.Microseconds(leader, follower));

    private List<DownstreamStatus> Downstreams()
    {
        List<DownstreamStatus> peers = [];
        foreach ((ProcessSlot slot, WalSenderRow row) in ReplicationState.WalSenders(segment, _settings))
        {
            Lsn end = SendableWal.Of(segment).End;
            peers.Add(new DownstreamStatus(row.Pid, slot.ApplicationName.Value, slot.User.Value, Text(slot.ClientAddress.Value), slot.ClientPort.Value is var port and > 0 ? port : null,
                row.State, new PeerPosition(row.Sent, row.Sent.IsValid ? Difference(end, row.Sent) : null, null),
                Peer(end, row.Write, slot.WriteSince), Peer(end, row.Flush, slot.FlushSince), Peer(end, row.Replay, slot.ApplySince),
                row.SyncPriority, row.SyncState, slot.StartTime.Value, row.ReplyTime));
        }
        return peers;
    }

    /// <summary>Behind since the oldest WAL that it lacks was durable here.</summary>
    private static PeerPosition Peer(Lsn end, Lsn reached, SharedInt64 since)
    {
        if (!reached.IsValid)
            return new PeerPosition(reached, null, null);
        long oldest = since.Value;
        return new PeerPosition(reached, Difference(end, reached), reached >= end || oldest == 0 ? 0 : Math.Max(0, MonotonicTime.Microseconds - oldest));
    }

    private static long Difference(Lsn leader, Lsn follower) => leader > follower ? (long)leader.BytesSince(follower) : 0;
}
