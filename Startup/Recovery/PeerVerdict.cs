using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>What one peer answered.</summary>
/// <param name="HistoryFile">Of its timeline; empty on timeline 1.</param>
/// <param name="IsPrimary">It is no standby; false also when it did not say.</param>
internal sealed record PeerAnswer(string Name, ulong SystemId, TimelineHistory History, ReadOnlyMemory<byte> HistoryFile, bool IsPrimary)
{
    public TimelineId Timeline => History.Target;

    /// <summary>History files that it has, of other promotions too: of a timeline that left its own before its end it knows, and does not follow it.</summary>
    public IReadOnlyDictionary<TimelineId, byte[]> Files { get; init; } = new Dictionary<TimelineId, byte[]>();

    /// <summary>The newest timeline that it knows of.</summary>
    public TimelineId Newest => Files.Keys.Append(Timeline).Max();
}

/// <summary>Whether a node may write, seeing where a peer of its cluster is: of two that were promoted, or of a primary and its successor, one at most may.</summary>
/// <remarks>DESIGN §4.7, §9. Ours alone: PostgreSQL asks nobody.</remarks>
internal static class PeerVerdict
{
    /// <summary>Detail of a refusal.</summary>
    public const string Promoted = "Another node was promoted: what this node wrote after that point exists here alone.";

    /// <summary>Hint of a refusal.</summary>
    public static string Rejoin(string dataDirectory) => $"Bring this node back as its standby: pgrepl rejoin -D {dataDirectory} --from CONNINFO.";

    /// <param name="ours">Of the node that is about to start as a primary.</param>
    /// <param name="dataDirectory">Its data directory, for the hint.</param>
    /// <returns>Why it may not; <see langword="null"/>: this peer has nothing against it.</returns>
    public static PgException? WhyNotPrimary(TimelineHistory ours, PeerAnswer peer, string dataDirectory)
    {
        TimelineFork? fork = TimelineFork.Find(ours, peer.History);
        const string decide = "Decide which of the two goes on, stop the other, and bring it back as a standby with pgrepl rejoin. Nothing was overwritten here.";
        if (fork is null || (fork.Value.Timeline != ours.Target && fork.Value.Timeline != peer.Timeline))
            return new PgException(SqlStates.ObjectNotInPrerequisiteState,
                $"timeline {peer.Timeline} of {peer.Name} and this server's timeline {ours.Target} are of different promotions",
                fork is null ? "They have no timeline in common." : $"Both went through timeline {fork.Value.Timeline}, and parted at {fork.Value.Position}.", decide);
        if (fork.Value.Timeline != peer.Timeline)
            return new PgException(SqlStates.ObjectNotInPrerequisiteState,
                $"timeline {peer.Timeline} forked from this server's timeline {ours.Target} at {fork.Value.Position}, on {peer.Name}",
                Promoted, Rejoin(dataDirectory));
        if (fork.Value.Timeline == ours.Target && peer.IsPrimary)
            return new PgException(SqlStates.ObjectNotInPrerequisiteState, $"{peer.Name} is a primary on this server's timeline {ours.Target}",
                "There would be two primaries on one timeline.", decide);
        return null;
    }

    /// <returns>The timeline that a peer went on writing after ours had left it, and where that was; <see langword="null"/>: it did not.</returns>
    public static TimelineFork? LeftBehind(TimelineHistory ours, PeerAnswer peer) =>
        peer.IsPrimary && TimelineFork.Find(ours, peer.History) is { } fork && fork.Timeline == peer.Timeline && fork.Timeline != ours.Target ? fork : null;

    /// <param name="newest">The newest timeline that any file of this node speaks of.</param>
    /// <returns>Whether it is of another node's promotion, and that left ours: so this node may not write, whatever peers say.</returns>
    public static bool IsSuccessor(TimelineHistory ours, TimelineHistory newest) => newest.Target > ours.Target && newest.Contains(ours.Target);

    /// <param name="newest">The newest timeline that any file of this node speaks of.</param>
    /// <returns>Whether the history that this peer showed is kept, so that the next start is refused though the peer be silent.</returns>
    public static bool IsRemembered(TimelineHistory ours, TimelineId newest, PeerAnswer peer) => peer.Timeline > newest && peer.History.Contains(ours.Target);

    /// <summary>The timeline of a promotion: one more than anybody has used.</summary>
    /// <param name="newest">The newest timeline that this node knows of.</param>
    /// <param name="peers">Of this cluster.</param>
    public static TimelineId TimelineAfter(TimelineId newest, IEnumerable<PeerAnswer> peers) => peers.Select(peer => peer.Newest).Append(newest).Max().Next;

    /// <summary>A history file that this node lacks: whoever follows it asks for the history of every timeline up to its own.</summary>
    /// <returns><see langword="null"/>: no peer has it.</returns>
    public static byte[]? HistoryOf(TimelineId timeline, IEnumerable<PeerAnswer> peers) =>
        peers.Select(peer => peer.Files.GetValueOrDefault(timeline)).FirstOrDefault(file => file is not null);
}
