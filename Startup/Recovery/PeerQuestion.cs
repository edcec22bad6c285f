using System.Globalization;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>What one peer answered.</summary>
/// <param name="History">Null when it is on timeline 1, or of another system.</param>
internal sealed record PeerAnswer(string Name, ulong SystemId, TimelineId Timeline, TimelineHistory? History);

/// <summary>Asks all peers at once who they are: a node that is about to write must not be the old one of two.</summary>
/// <remarks>DESIGN §9. One thread per peer, one second for all; a peer that says nothing is no evidence either way.</remarks>
internal static class PeerQuestion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <returns>The answers that came in time.</returns>
    public static IReadOnlyList<PeerAnswer> AskAll(ChildProcess self)
    {
        if (self.Settings.List("pgrepl.peers").Length == 0)
            return [];
        if (PgLibrary.LibpqMissing() is { } missing)
            throw new PgException(SqlStates.UndefinedFile, missing);
        string[] peers = [.. self.Settings.List("pgrepl.peers").Where(conninfo => CanBeAsked(self, conninfo))];
        PeerAnswer?[] answers = new PeerAnswer?[peers.Length];
        string?[] failures = new string?[peers.Length];
        Thread[] threads = [.. peers.Select((conninfo, i) => new Thread(() => Ask(conninfo, i, answers, failures)) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds + 100;
        foreach (Thread thread in threads)
            _ = thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
        foreach (string? failure in failures)
            if (failure is not null)
                self.Log.Debug($"peer did not answer: {failure}");
        return [.. answers.OfType<PeerAnswer>()];
    }

    /// <summary>Before a start as primary: nobody may be on a timeline that left ours.</summary>
    /// <exception cref="PgException">Somebody is, or nobody answered and pgrepl.require_peer is on.</exception>
    public static void MayStartAsPrimary(ChildProcess self, ulong systemId, TimelineHistory ours)
    {
        if (self.Settings.List("pgrepl.peers").Length == 0)
            return;
        IReadOnlyList<PeerAnswer> answers = AskAll(self);
        if (answers.Count == 0)
        {
            if (self.Settings.Bool("pgrepl.require_peer"))
                throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "no peer answered, and pgrepl.require_peer is on",
                    hint: "Start a peer first, or set pgrepl.require_peer = off when you are sure that no other node was promoted.");
            self.Log.Warning("no peer answered: starting as primary without knowing whether another node was promoted");
            return;
        }
        foreach (PeerAnswer peer in answers)
        {
            if (peer.SystemId != systemId)
            {
                self.Log.Warning($"peer {peer.Name} has another system identifier: {peer.SystemId}");
                continue;
            }
            if (peer.Timeline > ours.Target && peer.History is { } theirs && theirs.Contains(ours.Target))
                throw new PgException(SqlStates.ObjectNotInPrerequisiteState,
                    $"timeline {peer.Timeline} forked from this server's timeline {ours.Target} at {theirs.SwitchPoint(ours.Target, out _)}, on {peer.Name}",
                    "Another node was promoted: what this node wrote after that point exists here alone.",
                    $"Bring this node back as its standby: pgrepl rejoin -D {self.Data.Path} --from CONNINFO.");
        }
    }

    /// <summary>A peer that is written wrongly must not stop a promotion, and the operator must know.</summary>
    private static bool CanBeAsked(ChildProcess self, string conninfo)
    {
        try
        {
            _ = Conninfo.Parse(conninfo);
            return true;
        }
        catch (PgException error)
        {
            self.Log.Warning($"a peer of pgrepl.peers cannot be asked: {error.Message}");
            return false;
        }
    }

    private static void Ask(string conninfo, int index, PeerAnswer?[] answers, string?[] failures)
    {
        string name = Conninfo.ServerOf(conninfo);
        try
        {
            using PgClient client = PgClient.Connect(Conninfo.With(conninfo, "replication", "true"), Patience);
            using PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM");
            ulong systemId = ulong.Parse(system.Value(0, 0)!, CultureInfo.InvariantCulture);
            TimelineId timeline = new(uint.Parse(system.Value(0, 1)!, CultureInfo.InvariantCulture));
            TimelineHistory? history = null;
            if (timeline > TimelineId.First)
            {
                using PgResult text = client.QueryOrThrow($"TIMELINE_HISTORY {timeline}");
                history = TimelineHistory.Parse(timeline, Encoding.UTF8.GetBytes(text.Value(0, 1)!));
            }
            answers[index] = new PeerAnswer(name, systemId, timeline, history);
        }
#pragma warning disable CA1031 // a peer that does not answer as expected, whatever the reason, has not answered
        catch (Exception error)
#pragma warning restore CA1031
        {
            failures[index] = $"{name}: {error.Message}";
        }
    }
}
