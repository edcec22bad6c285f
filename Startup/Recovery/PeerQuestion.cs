using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Asks all peers at once who they are: a node that is about to write must not be the old one of two.</summary>
/// <remarks>DESIGN §9. One thread per peer, for all at once; docs/decisions/0009 has the times; a peer that says nothing is no evidence either way.</remarks>
internal static class PeerQuestion
{
    /// <summary>Until a host is reached, and for all of a promotion's question: nobody waits longer for the dead and the hung.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>For a host that is there and slow, before a start as primary: what it will say may forbid us to write.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    /// <summary>Before a promotion.</summary>
    /// <returns>The answers that came in time, with all history files.</returns>
    public static IReadOnlyList<PeerAnswer> AskAll(ChildProcess self) => AskAll(self, Short, files: true);

    private static IReadOnlyList<PeerAnswer> AskAll(ChildProcess self, TimeSpan patience, bool files)
    {
        if (self.Settings.List("pgrepl.peers").Length == 0)
            return [];
        if (PgLibrary.LibpqMissing() is { } missing)
            throw new PgException(SqlStates.UndefinedFile, missing);
        string[] peers = [.. self.Settings.List("pgrepl.peers").Where(conninfo => CanBeAsked(self, conninfo))];
        PeerAnswer?[] answers = new PeerAnswer?[peers.Length];
        string?[] failures = new string?[peers.Length];
        Thread[] threads = [.. peers.Select((conninfo, i) => new Thread(() => Ask(conninfo, patience, files, i, answers, failures)) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds + 100;
        foreach (Thread thread in threads)
            _ = thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
        foreach (string? failure in failures)
            if (failure is not null)
                self.Log.Debug($"peer did not answer: {failure}");
        return [.. answers.OfType<PeerAnswer>()];
    }

    /// <summary>Before a start as primary: nobody else may be one, or be on a timeline that is not in our history.</summary>
    /// <exception cref="PgException">Somebody is, or nobody answered and pgrepl.require_peer is on.</exception>
    public static void MayStartAsPrimary(ChildProcess self, ulong systemId, TimelineHistory ours)
    {
        MustNotKnowOfSuccessor(self, ours);
        if (self.Settings.List("pgrepl.peers").Length == 0)
            return;
        IReadOnlyList<PeerAnswer> answers = AskAll(self, Long, files: false);
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
            if (PeerVerdict.WhyNotPrimary(ours, peer, self.Data.Path) is { } why)
            {
                // Remembered: at the next start this peer may be silent.
                if (PeerVerdict.IsRemembered(ours, WalDirectory.NewestTimeline(self.Data), peer))
                    TimelineHistoryFiles.Store(self.Data, peer.Timeline, peer.HistoryFile.ToArray());
                throw why;
            }
            if (PeerVerdict.LeftBehind(ours, peer) is { } fork)
                self.Log.Warning($"{peer.Name} is a primary on timeline {fork.Timeline}, which this server's history left at {fork.Position}",
                    hint: "Stop it, and bring it back as a standby of this server with pgrepl rejoin.");
        }
    }

    /// <exception cref="PgException">pg_wal has the history file of a timeline that left ours: somebody was promoted, and told us so before.</exception>
    private static void MustNotKnowOfSuccessor(ChildProcess self, TimelineHistory ours)
    {
        TimelineId newest = WalDirectory.NewestTimeline(self.Data);
        if (newest <= ours.Target)
            return;
        TimelineHistory theirs = TimelineHistoryFiles.Read(self.Data, newest);
        if (!PeerVerdict.IsSuccessor(ours, theirs))
            return;
        throw new PgException(SqlStates.ObjectNotInPrerequisiteState,
            $"timeline {newest} forked from this server's timeline {ours.Target} at {theirs.SwitchPoint(ours.Target, out _)}, as file \"{TimelineHistory.FileName(newest)}\" says",
            PeerVerdict.Promoted,
            $"{PeerVerdict.Rejoin(self.Data.Path)} If that promotion is to be forgotten, remove the file from pg_wal first.");
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

    private static void Ask(string conninfo, TimeSpan patience, bool files, int index, PeerAnswer?[] answers, string?[] failures)
    {
        string name = Conninfo.ServerOf(conninfo);
        try
        {
            using PgClient client = PgClient.Connect(Conninfo.With(conninfo, "replication", "true"), patience, Short);
            using PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM", patience);
            ulong systemId = ulong.Parse(system.Value(0, 0)!, CultureInfo.InvariantCulture);
            TimelineId timeline = new(uint.Parse(system.Value(0, 1)!, CultureInfo.InvariantCulture));
            TimelineHistory history = TimelineHistory.Single(timeline);
            byte[] file = [];
            if (timeline > TimelineId.First)
            {
                using PgResult text = client.QueryOrThrow($"TIMELINE_HISTORY {timeline}", patience);
                file = text.Bytes(0, 1);
                history = TimelineHistory.Parse(timeline, file);
            }
            PeerAnswer answer = new(name, systemId, history, file, IsPrimary: client.Parameter("in_hot_standby") == "off");
            answers[index] = answer; // counts, should the rest come too late
            if (files)
                answers[index] = answer with { Files = ReadHistories(client, answer, patience) };
        }
#pragma warning disable CA1031 // a peer that does not answer as expected, whatever the reason, has not answered
        catch (Exception error)
#pragma warning restore CA1031
        {
            failures[index] = $"{name}: {error.Message}";
        }
    }

    /// <summary>All that a peer has, one by one: those up to its own timeline, and on until there is none, or the time is up.</summary>
    private static Dictionary<TimelineId, byte[]> ReadHistories(PgClient client, PeerAnswer answer, TimeSpan patience)
    {
        Dictionary<TimelineId, byte[]> files = [];
        if (!answer.HistoryFile.IsEmpty)
            files[answer.Timeline] = answer.HistoryFile.ToArray();
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        for (TimelineId timeline = TimelineId.First.Next; Environment.TickCount64 < deadline; timeline = timeline.Next)
        {
            if (files.ContainsKey(timeline))
                continue;
            using PgResult text = client.Query($"TIMELINE_HISTORY {timeline}", patience);
            if (!text.IsError)
                files[timeline] = text.Bytes(0, 1);
            else if (timeline > answer.Timeline)
                break;
        }
        return files;
    }
}
