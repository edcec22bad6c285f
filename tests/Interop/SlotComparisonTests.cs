using System.Text.RegularExpressions;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Interop.Tests;

/// <summary>The same replication commands about slots, sent to a PostgreSQL 15 to a log cluster and to a relay: the same answers.</summary>
public sealed partial class SlotComparisonTests
{
    private static readonly string[] Commands =
    [
        "CREATE_REPLICATION_SLOT a PHYSICAL",
        "CREATE_REPLICATION_SLOT a PHYSICAL",
        "READ_REPLICATION_SLOT a",
        "READ_REPLICATION_SLOT nope",
        "CREATE_REPLICATION_SLOT b TEMPORARY PHYSICAL RESERVE_WAL",
        "READ_REPLICATION_SLOT b",
        "CREATE_REPLICATION_SLOT c PHYSICAL",
        "DROP_REPLICATION_SLOT b", // the error before has ended it
        "CREATE_REPLICATION_SLOT \"c\" PHYSICAL (RESERVE_WAL false)",
        "CREATE_REPLICATION_SLOT d TEMPORARY PHYSICAL",
        "DROP_REPLICATION_SLOT nope WAIT",
        "DROP_REPLICATION_SLOT c WAIT",
        "CREATE_REPLICATION_SLOT \"Bad\" PHYSICAL",
        "CREATE_REPLICATION_SLOT \"\" PHYSICAL",
        "CREATE_REPLICATION_SLOT e PHYSICAL (RESERVE_WAL, RESERVE_WAL)",
        "CREATE_REPLICATION_SLOT e PHYSICAL (RESERVE_WAL 'perhaps')",
        "CREATE_REPLICATION_SLOT e PHYSICAL (RESERVE_WAL 7)",
        "CREATE_REPLICATION_SLOT e PHYSICAL (SNAPSHOT 'nothing')",
        "CREATE_REPLICATION_SLOT e PHYSICAL (WAIT)",
        "CREATE_REPLICATION_SLOT e PHYSICAL (something 1)",
        "CREATE_REPLICATION_SLOT e LOGICAL pgoutput (RESERVE_WAL)",
        "START_REPLICATION SLOT nope PHYSICAL 0/1000000",
        "DROP_REPLICATION_SLOT a",
        "DROP_REPLICATION_SLOT a",
    ];

    private static readonly string[] WhileActive = ["START_REPLICATION SLOT s PHYSICAL {start}", "DROP_REPLICATION_SLOT s", "READ_REPLICATION_SLOT s"];

    /// <summary>On a connection that takes SQL too: a transaction block around them.</summary>
    private static readonly string[] InBlock =
    [
        "BEGIN", "DROP_REPLICATION_SLOT nope", "IDENTIFY_SYSTEM", "SELECT 1", "COMMIT", "SELECT 1", "BEGIN", "SHOW wal_segment_size", "ROLLBACK",
        "SET synchronous_commit = off", "BEGIN", "SET LOCAL synchronous_commit TO DEFAULT", "SHOW synchronous_commit", "COMMIT", "SHOW synchronous_commit",
    ];

    [Test]
    public void Replication_commands_about_slots_are_answered_as_PostgreSQL_does()
    {
        using PostgresServer real = PostgresServer.Primary(settings: ["wal_level = logical", "max_replication_slots = 2"]).Start();
        List<string> expected = Conversation(real.Conninfo);
        using TestNode a = TestNode.Primary().Start("max_replication_slots=2");
        List<string> actual = Conversation(a.Conninfo);
        using TestNode relay = TestNode.Relay(real);
        relay.Start("max_replication_slots=2");
        string end = real.Ask("SELECT pg_current_wal_flush_lsn()")!;
        Eventually.Holds(() => relay.TryAsk($"SELECT pg_last_wal_receive_lsn() >= '{end}'") == "t");
        List<string> relayed = Conversation(relay.Conninfo);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < expected.Count; i++)
                Assert.That((actual[i], relayed[i]), Is.EqualTo((expected[i], expected[i])));
        });
    }

    private static List<string> Conversation(string conninfo)
    {
        List<string> said = [];
        using PgClient client = PgClient.Connect(conninfo + " replication=true", TimeSpan.FromSeconds(10)), owner = PgClient.Connect(conninfo + " replication=true", TimeSpan.FromSeconds(10));
        using PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM");
        string start = system.Value(0, "xlogpos")!;
        foreach (string command in Commands)
            said.Add($"{command}: {Answer(client, command)}");
        owner.QueryOrThrow("CREATE_REPLICATION_SLOT s PHYSICAL RESERVE_WAL").Dispose();
        owner.Query($"START_REPLICATION SLOT s PHYSICAL {start}").Dispose();
        foreach (string command in WhileActive)
            said.Add($"{command}: {Answer(client, command.Replace("{start}", start)).Replace(owner.BackendPid.ToString(), "PID")}");
        using PgClient both = PgClient.Connect(conninfo + " replication=database", TimeSpan.FromSeconds(10));
        foreach (string command in InBlock)
            said.Add($"{command}: {Answer(both, command)}");
        return said;
    }

    /// <summary>One line; positions, which differ from server to server, as X.</summary>
    private static string Answer(PgClient client, string command)
    {
        using PgResult result = client.Query(command);
        return Line(result);
    }

    private static string Line(PgResult result) => Position().Replace(result.IsError
        ? $"{result.ErrorSqlState} {result.ErrorMessage} | {result.ErrorDetail} | {result.ErrorHint}"
        : string.Join(", ", Enumerable.Range(0, result.Columns).Select(i => $"{result.ColumnName(i)}={(result.Rows > 0 ? result.Value(0, i) ?? "NULL" : "no row")}")) + $" {result.CommandTag}", "X");

    [GeneratedRegex("[0-9A-F]+/[1-9A-F][0-9A-F]{4,}")]
    private static partial Regex Position();
}
