using System.Text.RegularExpressions;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>An upstream that does not have what the relay has. Whatever it is, not a byte below the relay's flushed position changes, and the log says what to do.</summary>
public sealed class RelayDivergenceTests
{
    [TestCaseSource(typeof(Majors), nameof(Majors.OfScenarios))]
    public void A_relay_ahead_of_the_promoted_server_serves_on_until_the_operator_rejoins_it(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        primary.Ask("CREATE TABLE t (text text)");
        using PostgresServer promoted = primary.Standby(primary.Conninfo).Start();
        using TestNode relay = TestNode.Relay(primary).Start();
        using PostgresServer below = primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name=d").Start();
        Eventually.Holds(() => relay.Streams("d") && promoted.TryAsk("SELECT status FROM pg_stat_wal_receiver") == "streaming");
        promoted.Stop();
        WriteThreeSegments(primary);
        Lsn end = Lsn.Parse(primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => relay.Received() >= end && below.TryAsk("SELECT count(*) FROM t") == primary.TryAsk("SELECT count(*) FROM t"));
        primary.Stop("immediate");
        promoted.Start();
        promoted.PromoteStandby();
        Lsn fork = Lsn.Parse(File.ReadAllText(Path.Combine(promoted.Wal, "00000002.history")).Split('\t')[1]);
        Dictionary<string, byte[]> before = relay.WalBelow(relay.Received());

        relay.FollowFrom($"{promoted.Conninfo} application_name=r");
        const string Forked = "new timeline 2 forked off current database system timeline 1 before current recovery point";
        Eventually.Holds(() => relay.LogHas(Forked) && Regex.Count(relay.Log, "HINT: .*pgrepl rejoin.*\n") >= 3, TimeSpan.FromSeconds(60));
        Assert.That(relay.Log, Does.Contain("on timeline 1 is not in this server's history"));
        Assert.That(Regex.Count(relay.Log, Forked), Is.EqualTo(1), "logged once");
        Assert.That(relay.Streams("d"), "it keeps serving");
        ProcessCalls.Kill(relay.Children("startup").Single(), Signal.SIGKILL);
        Eventually.Holds(() => relay.LogHas("all server processes terminated; reinitializing") && relay.Streams("d"));
        relay.StillHas(before);
        relay.Stop();
        Assert.That(relay.TryStart().Code, Is.Not.Zero);
        Assert.That(relay.Log, Does.Contain("FATAL:  requested timeline 2 is not a child of this server's history").And.Contain($"the server forked off from that timeline at {fork}."));

        string aside = relay.Rejoin(promoted);
        Assert.That(aside, Is.EqualTo(Path.Combine(relay.Data.Wal, $"diverged-1-0-{fork.Value:X8}")));
        foreach ((string name, byte[] bytes) in before)
        {
            _ = WalSegment.TryParse(name, promoted.SegmentSize, out WalSegment segment);
            if (segment.End(promoted.SegmentSize) > fork)
                Assert.That(File.ReadAllBytes(Path.Combine(aside, name)).AsSpan().StartsWith(bytes), name);
        }
        promoted.Ask("INSERT INTO t VALUES ('after')");
        promoted.HasGivenAllTo(relay);
        RelayShowsInControldata(relay, promoted, timeline: 2);

        // What hangs below is ahead itself and must be told so.
        string log = Path.Combine(below.Folder, "log");
        Eventually.Holds(() => Regex.IsMatch(File.ReadAllText(log), "requested starting point .* on timeline 1 is not in this server's history\n.*DETAIL:  This server's history forked from timeline 1 at "));
        Eventually.Holds(() => File.ReadAllText(log).Contains(Forked, StringComparison.Ordinal));
    }

    [TestCaseSource(typeof(Majors), nameof(Majors.OfScenarios))]
    public void Another_cluster_an_old_backup_and_other_bytes_on_the_same_timeline_change_nothing(int major)
    {
        using PostgresServer upstream = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(upstream).Start();
        upstream.Ask("CREATE TABLE t (text text)");

        // Restored from a backup of segments ago: it ends before what the relay asks for.
        Folders folders = new(upstream);
        folders.BackUp("segments ago");
        WriteThreeSegments(upstream);
        upstream.HasGivenAllTo(relay);
        folders.Exchange("segments ago", keep: "true");
        Dictionary<string, byte[]> before = relay.WalBelow(relay.Received());
        Eventually.Holds(() => relay.LogHas("is ahead of the WAL flush position of this server") && relay.LogHas("HINT:  Upstream ends before this node"));
        Assert.That(relay.Serves);
        relay.StillHas(before);

        using (TestNode another = TestNode.Primary(segmentMegabytes: 1, ordinaryUser: true).Start())
        {
            relay.FollowFrom(another.Conninfo);
            Eventually.Holds(() => relay.LogHas("database system identifier differs between the primary and standby"));
            Assert.That(relay.Log, Does.Contain("HINT:  Correct primary_conninfo"));
        }

        // The true one is back: nothing was lost by that. Then a backup that is older by a few records.
        folders.Exchange("true", keep: "thrown away");
        relay.FollowFrom($"{upstream.Conninfo} application_name=r");
        upstream.HasGivenAllTo(relay);
        folders.BackUp("records ago");
        upstream.Ask("INSERT INTO t VALUES ('one'), ('two')");
        upstream.Ask("INSERT INTO t VALUES ('three')");
        upstream.HasGivenAllTo(relay);
        folders.Exchange("records ago", keep: "true");
        before = relay.WalBelow(relay.Received());
        Eventually.Holds(() => upstream.TryAsk("SELECT count(flush_lsn) FROM pg_stat_replication WHERE application_name = 'r'") == "1");
        Assert.That(upstream.Ask("SELECT flush_lsn <= sent_lsn FROM pg_stat_replication WHERE application_name = 'r'"), Is.Not.EqualTo("f"), "nothing is confirmed that it has not sent");
        upstream.Ask("INSERT INTO t VALUES ('something else')");
        Eventually.Holds(() => Regex.IsMatch(relay.Log, "FATAL:  WAL from upstream differs from our own at [0-9A-F/]+ on timeline 1\n"));
        Assert.That(relay.Log, Does.Contain("HINT:  Two servers have written this timeline"));
        Assert.That(relay.Serves);
        relay.StillHas(before);

        // The wrong one is promoted, and then the true one: two histories of timeline 2, of which the relay has seen the wrong one first.
        upstream.Promote();
        string history = Path.Combine(relay.Data.Wal, "00000002.history");
        Eventually.Holds(() => File.Exists(history));
        byte[] wrong = File.ReadAllBytes(history);
        folders.Exchange("true", keep: "wrong");
        upstream.Promote();
        Eventually.Holds(() => relay.LogHas("FATAL:  history of timeline 2 from upstream differs from our own\n"));
        Assert.That(relay.Log, Does.Contain("HINT:  Decide which of them counts."));
        Assert.That(relay.Serves);
        relay.StillHas(before);

        relay.Stop();
        string aside = relay.Rejoin(upstream);
        upstream.Ask("INSERT INTO t VALUES ('four')");
        upstream.HasGivenAllTo(relay);
        relay.StillHas(before);
        Assert.That(File.ReadAllBytes(Path.Combine(aside, "00000002.history")), Is.EqualTo(wrong));
        Assert.That(File.ReadAllBytes(history), Is.EqualTo(File.ReadAllBytes(Path.Combine(upstream.Wal, "00000002.history"))));
    }

    /// <summary>About three, whatever their size.</summary>
    private static void WriteThreeSegments(PostgresServer server)
    {
        for (int i = 0; i < 3; i++)
        {
            server.Ask("INSERT INTO t SELECT repeat('x', 500) FROM generate_series(1, 1000)");
            server.Ask("SELECT pg_switch_wal()");
        }
        server.Ask("INSERT INTO t VALUES ('last')");
    }

    private static void RelayShowsInControldata(TestNode relay, PostgresServer upstream, int timeline)
    {
        (int code, string output, string errors) = relay.Pgrepl("controldata", "-D", relay.Data.Path);
        Assert.That(code, Is.Zero, errors);
        RelayFileData file = RelayFile.Read(relay.Data);
        Assert.That(output, Does.Contain($"Database system identifier:           {file.SystemId}\n").And.Contain("Database cluster state:               relay\n")
            .And.Contain($"TimeLineID that is followed:          {timeline}\n").And.Contain($"PostgreSQL major of the WAL:          {upstream.Major}\n").And.Contain($"Bytes per WAL segment:                {upstream.SegmentSize}\n")
            .And.Match($"Oldest WAL location:                  {file.Oldest}\nValidated WAL location:               [0-9A-F/]+\n"));
        (code, output, errors) = relay.Pgrepl("controldata", relay.Data.Path, "--json");
        Assert.That(code, Is.Zero, errors);
        Assert.That(output, Does.Contain("\"relay\":true").And.Contain($"\"system_identifier\":\"{file.SystemId}\"").And.Contain($"\"timeline\":\"{timeline}\""));
    }

    /// <summary>Data directories of one server beside each other; it runs in <c>data</c>, before and after.</summary>
    private sealed class Folders(PostgresServer server)
    {
        public void BackUp(string name)
        {
            server.Stop();
            Build.Expect(Build.Run("cp", ["-a", server.Data, Path.Combine(server.Folder, name)]));
            server.Start();
        }

        /// <summary>Restores one of them and keeps what is there now.</summary>
        public void Exchange(string restored, string keep)
        {
            server.Stop();
            Build.Expect(Build.Run("mv", [server.Data, Path.Combine(server.Folder, keep)]));
            Build.Expect(Build.Run("mv", [Path.Combine(server.Folder, restored), server.Data]));
            server.Start();
        }
    }
}
