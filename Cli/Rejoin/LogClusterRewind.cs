using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>Takes a stopped log cluster back to the point where the upstream's history left its own, so that it can follow the upstream.</summary>
/// <remarks>A log cluster has no pages, so only WAL and pg_control go back. Each step is durable before the next, and running it again after a kill at any
/// point comes to the same end; from the first step on the directory cannot start as a primary. WAL is never thrown away: what the upstream does not share
/// is kept in pg_wal/diverged-TLI-LSN. The caller holds the node's lock.</remarks>
/// <param name="theirs">As for <see cref="SharedWal"/>.</param>
internal sealed class LogClusterRewind(DataDirectory directory, UpstreamIdentity upstream, Func<TimelineId, Lsn, byte[]?> theirs) : IRewind
{
    /// <inheritdoc/>
    public RewindPlan Plan()
    {
        ControlFileData control = ControlFile.Read(directory);
        upstream.MustBe(control.SystemId, control.SegmentSize);
        var local = new LocalWal(directory, control);
        TimelineFork fork = TimelineFork.Find(local.History, upstream.History)
            ?? throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "could not find common ancestor of the source and target cluster's timelines");
        Lsn end = local.FindEnd();
        fork = new SharedWal(directory, control.SegmentSize, theirs).Narrow(fork, local.History, end, upstream.End);
        Lsn known = Lsn.Max(end, Lsn.Max(control.CheckpointLocation, control.MinRecoveryPoint));
        LogClusterTarget? target = null;
        if (known > fork.Position)
            target = local.FindTarget(fork.Position) ?? throw NoCheckpoint(fork);
        return new RewindPlan(fork, local.History.Target, end, target);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Apply(RewindPlan plan)
    {
        StandbySettings.WriteSignal(directory);
        CrashPoint.Reached("rejoin-1");
        if (File.Exists(directory.RecoveryConf))
            DurableFile.RenameReplacing(directory.RecoveryConf, directory.RecoveryDone); // both at once would stop every start
        DurableFile.Remove(directory.PromotingSignal);
        DurableFile.Remove(directory.PromoteFile);

        ControlFileData control = ControlFile.Read(directory);
        var aside = new DivergedWal(directory, control.SegmentSize, plan.Fork);
        if (plan.Target is LogClusterTarget target)
        {
            ControlFile.Write(directory, control with
            {
                State = DatabaseState.InArchiveRecovery,
                CheckpointLocation = target.CheckpointLocation,
                Checkpoint = target.Checkpoint,
                MinRecoveryPoint = target.End,
                MinRecoveryPointTimeline = target.EndTimeline,
                BackupStartPoint = Lsn.Invalid,
                BackupEndPoint = Lsn.Invalid,
                BackupEndRequired = false,
            });
        }
        CrashPoint.Reached("rejoin-2");
        if (plan.Target is not null || aside.WasBegun)
            aside.PutSegmentsAside();
        CrashPoint.Reached("rejoin-3");
        aside.PutForeignSegmentsAside(upstream.History);
        CrashPoint.Reached("rejoin-4");
        // Last: as long as our own history files are there, a second run finds the same fork.
        aside.AdoptHistory(upstream);
        CrashPoint.Reached("rejoin-5");
        return aside.Folders;
    }

    private static PgException NoCheckpoint(TimelineFork fork) => new(
        SqlStates.ObjectNotInPrerequisiteState,
        $"cannot rewind: no checkpoint before {fork.Position} on timeline {fork.Timeline} is in pg_wal",
        "WAL from before the point where the timelines forked has been removed.",
        "Make the node anew with pgrepl init --standby.");
}
