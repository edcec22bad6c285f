using System.Text.Json;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Interop.Tests;

/// <summary>Slots above and below a relay, and the feedback that goes through them. On 15, <see cref="RelayFeedbackTests"/> show it.</summary>
public sealed class RelaySlotMajorTests
{
    [TestCaseSource(typeof(Majors), nameof(Majors.BeyondDefault))]
    public void A_query_on_the_standby_holds_in_the_slots_of_relay_and_primary(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        primary.Ask("CREATE TABLE t (n int)");
        using TestNode relay = TestNode.RelayOf(primary.Conninfo, "r", "--slot", "upper", "--create-slot");
        relay.Configure("hot_standby_feedback = true", "wal_receiver_status_interval = '1s'");
        relay.Start();
        relay.Ask("SELECT pg_create_physical_replication_slot('lower', true)");
        using PostgresServer standby = primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name=s");
        standby.Configure("hot_standby_feedback = on", "wal_receiver_status_interval = 1s");
        standby.UseSlot("lower");
        standby.Start();
        Eventually.Holds(() => relay.Streams("s"));
        using PgClient reader = standby.Connect();
        reader.QueryOrThrow("BEGIN ISOLATION LEVEL REPEATABLE READ").Dispose();
        string xmin;
        using (PgResult answer = reader.QueryOrThrow("SELECT txid_snapshot_xmin(txid_current_snapshot())"))
            xmin = answer.Value(0, 0)!;
        primary.Ask("INSERT INTO t VALUES (1)");
        Eventually.Holds(() => Held(primary.Conninfo) == $"upper true {xmin}");
        Assert.That(Held(relay.Conninfo), Is.EqualTo($"lower true {xmin}"));
        StatusAndCheckKnowBothSides(relay, major);

        standby.Stop("immediate");
        relay.Stop();
        relay.Start("primary_slot_name="); // from the slot's file, which is of that major
        Assert.That(Held(relay.Conninfo), Is.EqualTo($"lower false {xmin}"));
        const string Stream = "SELECT coalesce(backend_xmin::text, '-') FROM pg_stat_replication WHERE application_name = 'r'";
        Eventually.Holds(() => primary.TryAsk(Stream) == "-");
        primary.Ask("CHECKPOINT"); // its record tells the epoch
        Eventually.Holds(() => primary.TryAsk(Stream) == xmin);
        relay.Ask("SELECT pg_drop_replication_slot('lower')");
        Eventually.Holds(() => primary.TryAsk(Stream) == "-"); // nobody is left
        Assert.That(Held(primary.Conninfo), Is.EqualTo($"upper false {xmin}"));
    }

    /// <summary>pgrepl status and check of a relay that has a PostgreSQL above and below.</summary>
    private static void StatusAndCheckKnowBothSides(TestNode relay, int major)
    {
        Eventually.Holds(() => Status(relay).GetProperty("lag_bytes").GetInt64() == 0 && Status(relay).GetProperty("lag_seconds").GetDecimal() == 0);
        JsonElement status = Status(relay), below = status.GetProperty("downstreams").EnumerateArray().Single();
        Assert.That(status.GetProperty("positions").EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "received", "written", "flushed", "validated" }), "a relay replays nothing");
        Assert.That((status.GetProperty("role").GetString(), status.GetProperty("upstream").GetProperty("slot").GetString(), below.GetProperty("application_name").GetString()), Is.EqualTo(("relay", "upper", "s")));
        Assert.That(below.GetProperty("replay_lag_bytes").ValueKind, Is.EqualTo(JsonValueKind.Number));
        (int code, string output, string errors) = relay.Pgrepl("check", "-D", relay.Data.Path);
        Assert.That(code, Is.Zero, output + errors);
        Assert.That(output, Does.Match($@"\nversion OK - upstream is PostgreSQL {major}\.\d+, this node has WAL of PostgreSQL {major}, libpq is ").And.Contain("\nslot OK - \"upper\" " + (major < 13 ? "exists" : "reserved"))
            .And.Contain("\nslots OK - 1 with their WAL\n").And.Contain("\nclock OK - ").And.Contain("\nlag OK - "));
    }

    private static JsonElement Status(TestNode relay) => JsonDocument.Parse(relay.Pgrepl("status", "-D", relay.Data.Path, "--json").Output).RootElement;

    private static string? Held(string conninfo)
    {
        using PgClient client = PgClient.Connect(conninfo, TimeSpan.FromSeconds(10));
        using PgResult slot = client.QueryOrThrow("SELECT slot_name || ' ' || active || ' ' || coalesce(xmin::text, '-') FROM pg_replication_slots");
        return slot.Value(0, 0);
    }
}
