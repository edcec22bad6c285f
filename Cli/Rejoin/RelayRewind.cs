using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>Takes a stopped relay back to the point where the upstream's history left the one it has followed.</summary>
/// <remarks>Each step is durable before the next. pgrepl.relay goes back first: with its end beyond the fork and the WAL there gone, the relay would claim bytes that
/// it has not. A relay that is started after a kill between two steps finds what is still there valid, and at worst refuses again. WAL is never thrown away:
/// what the upstream does not share is kept in pg_wal/diverged-TLI-LSN.</remarks>
internal sealed class RelayRewind(DataDirectory directory, UpstreamIdentity upstream) : IRewind
{
    /// <inheritdoc/>
    public RewindPlan Plan()
    {
        RelayFileData relay = RelayFile.Read(directory);
        upstream.MustBe(relay.SystemId, relay.SegmentSize);
        var local = new RelayWal(directory, relay);
        TimelineFork fork = TimelineFork.Find(local.History, upstream.History)
            ?? throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "could not find common ancestor of the source and target cluster's timelines");
        Lsn end = local.FindEnd();
        RelayTarget? target = null;
        if (Lsn.Max(end, relay.Oldest) > fork.Position)
            target = local.FindTarget(fork.Position) ?? throw new PgException(SqlStates.ObjectNotInPrerequisiteState,
                $"cannot rewind: no record before {fork.Position} on timeline {fork.Timeline} is in pg_wal",
                "All of the relay's WAL comes after the point where the timelines forked.",
                "Make the relay anew with \"pgrepl init --relay\".");
        return new RewindPlan(fork, relay.Timeline, end, target);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Apply(RewindPlan plan)
    {
        DurableFile.Remove(directory.PromoteFile);
        RelayFileData relay = RelayFile.Read(directory);
        var aside = new DivergedWal(directory, relay.SegmentSize, plan.Fork);
        if (plan.Target is RelayTarget target)
            relay = Write(relay, relay with { Validated = target.End, LastRecord = target.LastRecord, LastCommitTime = 0 });
        if (plan.Target is not null || aside.WasBegun)
            aside.PutSegmentsAside();
        aside.PutForeignSegmentsAside(upstream.History);
        // Late: as long as our own line is known, a second run finds the same fork. The next start finds the newer timelines of the upstream's line.
        Write(relay, relay with { Timeline = plan.Fork.Timeline });
        aside.AdoptHistory(upstream);
        return aside.Folders;
    }

    private RelayFileData Write(RelayFileData old, RelayFileData changed)
    {
        if (changed != old)
            RelayFile.Write(directory, changed);
        return changed;
    }
}
