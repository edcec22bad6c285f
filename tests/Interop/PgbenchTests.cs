using System.Globalization;
using System.Text.RegularExpressions;

namespace Pgrepl.Interop.Tests;

/// <summary>pgbench 15 with a script of its own: every query mode, one client to many.</summary>
public sealed class PgbenchTests
{
    [Test]
    public void Every_mode_and_number_of_clients_ends_with_all_its_transactions_and_every_one_is_on_disk()
    {
        using TestNode a = TestNode.Primary().Start();
        string script = Path.Combine(a.Folder, "emit.sql");
        int expected = 0;
        foreach ((string mode, int clients, int each) in new[] { ("simple", 1, 50), ("extended", 8, 20), ("prepared", 32, 5) })
        {
            File.WriteAllText(script, $"SELECT pg_logical_emit_message(true, 't', '{mode} ' || :client_id);\n");
            (int code, string output, string errors) = PostgresTools.Run("pgbench", "-n", "-f", script, "-M", mode, "-c", $"{clients}", "-j", "2", "-t", $"{each}", a.Conninfo);
            Assert.That(code, Is.Zero, output + errors);
            Assert.That(int.Parse(Regex.Match(output, @"actually processed: (\d+)/").Groups[1].Value, CultureInfo.InvariantCulture), Is.EqualTo(clients * each), output);
            Assert.That(a.MessagesOnDisk().Count(message => message.StartsWith(mode + " ", StringComparison.Ordinal)), Is.EqualTo(clients * each));
            expected += clients * each;
        }
        Assert.That(a.MessagesOnDisk(), Has.Count.EqualTo(expected));
    }

    [Test]
    public void A_transaction_of_several_messages_is_one()
    {
        using TestNode a = TestNode.Primary().Start();
        string script = Path.Combine(a.Folder, "transaction.sql");
        File.WriteAllText(script, "BEGIN;\nSELECT pg_logical_emit_message(true, 't', '1');\nSELECT pg_logical_emit_message(true, 't', '2');\nEND;\n");
        (int code, string output, string errors) = PostgresTools.Run("pgbench", "-n", "-f", script, "-c", "2", "-t", "5", "-M", "prepared", a.Conninfo);
        Assert.That(code, Is.Zero, output + errors);
        Assert.That(a.MessagesOnDisk(), Is.EqualTo(Enumerable.Repeat(new[] { "1", "2" }, 10).SelectMany(pair => pair)));
    }
}
