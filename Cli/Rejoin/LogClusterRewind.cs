using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>Takes a stopped log cluster back to the point where the upstream's history left its own, so that it can follow the upstream.</summary>
/// <remarks>A log cluster has no pages, so only WAL and pg_control go back. Each step is durable before the next, and running it again after a kill at any
/// point comes to the same end; from the first step on the directory cannot start as a primary. WAL is never thrown away: what the upstream does not share
/// is kept in pg_wal/diverged-TLI-LSN. The caller holds the node's lock.</remarks>
internal sealed class LogClusterRewind(DataDirectory directory, UpstreamIdentity upstream)
{
    /// <summary>Looks, and judges whether the upstream is one this node can follow at all.</summary>
    /// <exception cref="PgException">Another cluster, no common history, or no checkpoint before the fork.</exception>
    internal RewindPlan Plan()
    {
        ControlFileData control = ControlFile.Read(directory);
        if (control.SystemId != upstream.SystemId)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "database system identifier differs between the primary and standby",
                $"The primary's identifier is {upstream.SystemId}, the standby's identifier is {control.SystemId}.");
        if (control.SegmentSize != upstream.SegmentSize)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "WAL segment size differs between the primary and standby",
                $"The primary's is {upstream.SegmentSize} bytes, the standby's is {control.SegmentSize} bytes.");

        var local = new LocalWal(directory, control);
        Fork fork = Fork.Find(local.History, upstream.History)
            ?? throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "could not find common ancestor of the source and target cluster's timelines");
        Lsn end = local.FindEnd();
        Lsn known = Lsn.Max(end, Lsn.Max(control.CheckpointLocation, control.MinRecoveryPoint));
        RewindTarget? target = null;
        if (known > fork.Position)
            target = local.FindTarget(fork.Position) ?? throw NoCheckpoint(fork);
        return new RewindPlan(fork, local.History.Target, end, target);
    }

    /// <summary>Makes the directory a standby's, goes back if the plan says so, and takes over the upstream's timeline history.</summary>
    /// <returns>Folders with WAL that was put aside; none when there was nothing to undo.</returns>
    internal IReadOnlyList<string> Apply(RewindPlan plan)
    {
        StandbySettings.WriteSignal(directory);
        if (File.Exists(directory.RecoveryConf))
            DurableFile.RenameReplacing(directory.RecoveryConf, directory.RecoveryDone); // both at once would stop every start
        DurableFile.Remove(directory.PromotingSignal);
        DurableFile.Remove(directory.PromoteFile);

        ControlFileData control = ControlFile.Read(directory);
        var aside = new DivergedWal(directory, control.SegmentSize, plan.Fork);
        if (plan.Target is { } target)
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
            aside.PutSegmentsAside();
        }
        aside.PutForeignSegmentsAside(upstream.History);
        // Last: as long as our own history files are there, a second run finds the same fork.
        AdoptHistory(aside);
        return aside.Folders;
    }

    private void AdoptHistory(DivergedWal aside)
    {
        foreach (TimelineId timeline in aside.HistoryFiles())
        {
            byte[]? theirs = upstream.HistoryFiles.GetValueOrDefault(timeline);
            bool conflicts = theirs is not null && !theirs.AsSpan().SequenceEqual(TimelineHistoryFiles.ReadText(directory, timeline));
            // A newer one of ours would be taken for the latest timeline at the next start.
            if (conflicts || timeline > upstream.Timeline)
                aside.PutHistoryAside(timeline);
        }
        foreach ((TimelineId timeline, byte[] text) in upstream.HistoryFiles)
            TimelineHistoryFiles.Store(directory, timeline, text);
    }

    private static PgException NoCheckpoint(Fork fork) => new(
        SqlStates.ObjectNotInPrerequisiteState,
        $"cannot rewind: no checkpoint before {fork.Position} on timeline {fork.Timeline} is in pg_wal",
        "WAL from before the point where the timelines forked has been removed.",
        "Make the node anew with pgrepl init --standby.");
}
