using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>What a rewind would do; made by looking, changes nothing.</summary>
/// <param name="Fork">Where the upstream's history left ours.</param>
/// <param name="LocalTimeline">The newest timeline that our own WAL belongs to.</param>
/// <param name="LocalEnd">End of our last valid record; <see cref="Lsn.Invalid"/>: there is no WAL from the last checkpoint on.</param>
/// <param name="Target">Where we go back to; <see langword="null"/>: our WAL does not go beyond the fork, nothing has to be undone.</param>
internal sealed record RewindPlan(Fork Fork, TimelineId LocalTimeline, Lsn LocalEnd, RewindTarget? Target);

/// <param name="CheckpointLocation">Start of the last checkpoint record that ends at or before the fork.</param>
/// <param name="Checkpoint">Its contents.</param>
/// <param name="End">End of the last record at or before the fork: consistent from there on.</param>
/// <param name="EndTimeline">The timeline of that record.</param>
internal sealed record RewindTarget(Lsn CheckpointLocation, Checkpoint Checkpoint, Lsn End, TimelineId EndTimeline);
