using System.Diagnostics;
using Pgrepl.Cli.Drill;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Libpq;

namespace Pgrepl.Cli.Tests.Drill;

/// <summary>The drill's clients and counting against a real PostgreSQL 15: whatever our own server answers, these do not take it from us.</summary>
public sealed class DrillLoadTests
{
    private RealPostgres _postgres = null!;

    [OneTimeSetUp]
    public void StartPostgres() => _postgres = new RealPostgres();

    [OneTimeTearDown]
    public void StopPostgres() => _postgres?.Dispose();

    [Test]
    public void Every_answer_of_postgres_is_found_where_it_said()
    {
        using var load = new DrillLoad(_postgres.Conninfo, clients: 3, target: 300);
        load.Start();
        Eventually(() => load.AcknowledgedCount >= 100);
        load.HoldReconnects();
        _postgres.Stop(); // fast: the clients' connections go
        Eventually(() => load.LostAt != 0);
        int before = load.AcknowledgedCount;
        _postgres.Start();
        load.SwitchTo(_postgres.Conninfo);
        Eventually(() => load.Done);
        Assert.That(load.AnsweredAt, Is.GreaterThan(load.LostAt));
        _postgres.Stop();

        Assert.That(load.AcknowledgedCount, Is.GreaterThanOrEqualTo(Math.Max(300, before)));
        DrillMessages found = DrillMessages.Read(new DataDirectory(_postgres.DataDirectory));
        DrillVerdict verdict = DrillVerdict.Judge(new DrillOptions(300, 3, true, null, null, 1), load.Acknowledged, load.Unknown, found.Messages, found.Messages, []);
        Assert.That(verdict.Ok, Is.True, string.Join('\n', DrillReport.Lines(new DrillOptions(300, 3, true, null, null, 1), new DrillMeasures(), verdict)));
        _postgres.Start();
    }

    private static void Eventually(Func<bool> holds) => Assert.That(Waiting.Until(holds, TimeSpan.FromSeconds(20), CancellationToken.None), Is.True);

    [Test]
    public void Expanded_answers_look_as_psql_prints_them()
    {
        foreach (string sql in new[]
        {
            "SELECT 1 AS pid, 'streaming' AS state, NULL AS nothing, 'a much longer value than the others' AS x UNION ALL SELECT 22, '', 'y', 'z'",
            "SELECT 1 AS a",
            "SELECT 'short' AS a_name_that_is_longer_than_the_record_mark",
            "SELECT pid, backend_type FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
            "SELECT 1 WHERE false",
        })
        {
            var start = new ProcessStartInfo("/usr/lib/postgresql/15/bin/psql") { RedirectStandardOutput = true };
            foreach (string argument in new[] { "-X", "-x", "-c", sql, _postgres.Conninfo })
                start.ArgumentList.Add(argument);
            using var psql = Process.Start(start)!;
            string expected = psql.StandardOutput.ReadToEnd();
            psql.WaitForExit();
            using PgClient client = PgClient.Connect(_postgres.Conninfo, TimeSpan.FromSeconds(10));
            using PgResult result = client.QueryOrThrow(sql);
            Assert.That(PsqlExpanded.Format(result).TrimEnd('\n'), Is.EqualTo(expected.TrimEnd('\n')), sql);
        }
    }
}
