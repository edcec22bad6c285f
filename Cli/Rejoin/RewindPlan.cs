using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>What a rewind would do; made by looking, changes nothing.</summary>
/// <param name="Fork">Where the upstream's history left ours.</param>
/// <param name="LocalTimeline">The newest timeline that our own WAL belongs to.</param>
/// <param name="LocalEnd">End of our last valid record; <see cref="Lsn.Invalid"/>: there is no WAL from the last checkpoint on.</param>
/// <param name="Target">Where we go back to; <see langword="null"/>: our WAL does not go beyond the fork, nothing has to be undone.</param>
internal sealed record RewindPlan(TimelineFork Fork, TimelineId LocalTimeline, Lsn LocalEnd, RewindTarget? Target);

/// <param name="End">End of the last record at or before the fork.</param>
/// <param name="EndTimeline">The timeline of that record.</param>
internal abstract record RewindTarget(Lsn End, TimelineId EndTimeline);

/// <summary>A log cluster's: it is consistent from <see cref="RewindTarget.End"/> on.</summary>
/// <param name="CheckpointLocation">Start of the last checkpoint record that ends at or before the fork.</param>
/// <param name="Checkpoint">Its contents.</param>
internal sealed record LogClusterTarget(Lsn CheckpointLocation, Checkpoint Checkpoint, Lsn End, TimelineId EndTimeline) : RewindTarget(End, EndTimeline);

/// <summary>A relay's.</summary>
/// <param name="LastRecord">Start of the record that ends at <see cref="RewindTarget.End"/>.</param>
internal sealed record RelayTarget(Lsn LastRecord, Lsn End, TimelineId EndTimeline) : RewindTarget(End, EndTimeline);

/// <summary>Takes one kind of node back to where its history and the upstream's part. The caller holds the node's lock.</summary>
internal interface IRewind
{
    /// <summary>Looks, and judges whether the upstream is one this node can follow at all.</summary>
    /// <exception cref="Pgrepl.Shared.PgException">Another cluster, no common history, or not enough WAL before the fork.</exception>
    RewindPlan Plan();

    /// <summary>Goes back if the plan says so, and takes over the upstream's timeline history. Running it again after a kill at any point comes to the same end.</summary>
    /// <returns>Folders with WAL that was put aside; none when there was nothing to undo.</returns>
    IReadOnlyList<string> Apply(RewindPlan plan);
}
