using System.Text.RegularExpressions;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>PostgreSQL primary → relay → PostgreSQL standby, of every major from 10 to 18.</summary>
public sealed class MajorTests
{
    private const string Sums = "SELECT (SELECT sum(abalance) FROM pgbench_accounts) || ' ' || (SELECT count(*) || ' ' || sum(delta) FROM pgbench_history)";

    private static IEnumerable<int> Majors => PostgresMajor.All.Select(major => major.Number);

    [TestCaseSource(nameof(Majors))]
    public void The_whole_relay_killed_under_pgbench_goes_on_where_it_was(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(primary).Start();
        Pgbench(primary, "-i", "-s", "1", "-q");
        using PostgresServer standby = primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name=s").Start();
        Eventually.Holds(() => relay.Streams("s"));
        using (RunningProgram load = new(PostgresTools.Find("pgbench"), "-n", "-c", "2", "-T", "300", primary.Conninfo))
        {
            Lsn there = Received(relay);
            Eventually.Holds(() => Received(relay) > there + (256 << 10));
            Assert.That(load.HasExited, Is.False, "the load must run when the relay dies");
            relay.KillAll();
            Lsn passedOn = Lsn.Parse(standby.Ask("SELECT pg_last_wal_receive_lsn()"));
            relay.Start();
            string end = Regex.Matches(relay.Log, "end of local WAL: (.*)").Last().Groups[1].Value;
            Assert.That(Lsn.Parse(end), Is.GreaterThanOrEqualTo(passedOn), "what was passed on is still here");
            there = Received(relay);
            Eventually.Holds(() => Received(relay) > there + (256 << 10));
        }
        Lsn last = Lsn.Parse(primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{last}'") == "t");
        Eventually.Holds(() => standby.TryAsk(Sums) == primary.TryAsk(Sums)); // sessions of a load that was ended may still end
        HoldsThePrimarysBytes(relay, primary);
        Assert.That(relay.Log, Does.Not.Contain("PANIC:").And.Not.Contain("differs from our own").And.Not.Contain("invalid WAL"));
    }

    private static void Pgbench(PostgresServer primary, params string[] arguments) => Build.Expect(PostgresTools.Run("pgbench", [.. arguments, primary.Conninfo]));

    private static Lsn Received(TestNode relay) => Lsn.Parse(relay.TryAsk("SELECT coalesce(pg_last_wal_receive_lsn(), '0/0')") ?? "0/0");

    /// <summary>Every segment, the last one as far as it was received.</summary>
    private static void HoldsThePrimarysBytes(TestNode relay, PostgresServer primary)
    {
        int size = RelayFile.Read(relay.Data).SegmentSize;
        Lsn end = Received(relay);
        IReadOnlyList<WalSegment> segments = WalDirectory.List(relay.Data, size);
        Assert.That(segments, Is.Not.Empty);
        foreach (WalSegment segment in segments.Where(s => s.Start(size) < end))
        {
            string name = segment.FileName(size);
            int length = (int)Math.Min((ulong)size, (ulong)end.BytesSince(segment.Start(size)));
            byte[] ours = File.ReadAllBytes(Path.Combine(relay.Data.Wal, name)), theirs = File.ReadAllBytes(Path.Combine(primary.Wal, name));
            Assert.That(ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length)), $"{name} differs");
        }
    }
}
