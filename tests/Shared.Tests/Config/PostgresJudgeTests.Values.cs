using System.Globalization;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Shared.Tests.Config;

public sealed partial class PostgresJudgeTests
{
    private static readonly string[] Numbers =
    [
        "1", "+5", "-1", "--5", "+ 5", "007", "08", "010", "0x10", "0X1f", "0x", "0x1p3", "2147483647", "2147483648", "-2147483649", "99999999999", "99999999999999999999", "1e3", "1e3kB", "1e9kB", "1e400",
        "1.", ".5", ".", "1.4", "1.5", "2.5", "1,5", "nan", "inf", "", " ", " 64 ", "\t64\n",
        "1kB", "1 kB", "1  kB ", "1KB", "1kb", "kB", "1B", "1535B", "1536B", "0.1kB", "0.5kB", "64kB", "1MB", "1.5MB", "0.0001GB", "30.1GB", "1GB", " 1GB", "1TB", "100TB", "0x40kB", "-64kB", "1GBs", "1 GB 1",
        "1us", "499us", "500us", "1500us", "1ms", "1.5ms", "1s", "1.5 s", "1min", "1.7min", "0.3min", "1h", "1h 5min", "1d", "25d", "1day", "1S", "1 parsec",
    ];

    private static readonly string[] Words =
    [
        "on", "ON", "off", "o", "of", "t", "tr", "TRUE", "truth", "f", "fals", "y", "ye", "yes", "n", "no", "none", "0", "1", "00", "10", " on", "on ", "", "bogus",
        "local", "remote_write", "Remote_Apply", "remote", "hex", "escape", "debug", "debug2", "info", "notice", "panic", "postgres",
    ];

    /// <summary>One setting of each kind and unit that a session may set there; ours have the same units.</summary>
    [TestCase("statement_timeout")] // ms
    [TestCase("work_mem")] // kB
    [TestCase("temp_buffers")] // 8kB
    [TestCase("log_parameter_max_length")] // B
    [TestCase("extra_float_digits")] // a plain number
    [TestCase("default_transaction_read_only")] // boolean
    [TestCase("synchronous_commit")]
    [TestCase("bytea_output")]
    [TestCase("client_min_messages")]
    public void A_value_is_taken_or_refused_as_PostgreSQL_does(string name)
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, TimeSpan.FromSeconds(10));
        SettingDefinition definition = DefinitionOf(name);
        Assert.Multiple(() =>
        {
            foreach (string text in definition.Kind == SettingKind.Integer ? Numbers : Words)
                Assert.That(Ours(definition, text), Is.EqualTo(Theirs(client, name, text)), $"{name} = \"{text}\"");
        });
    }

    private SettingDefinition DefinitionOf(string name)
    {
        string[] row = Rows($"SELECT concat_ws('|', vartype, coalesce(unit, ''), coalesce(min_val, '0'), coalesce(max_val, '0'), array_to_string(enumvals, ',')) FROM pg_settings WHERE name = '{name}'")[0].Split('|');
        return new SettingDefinition(name, Enum.Parse<SettingKind>(row[0], ignoreCase: true), row[1].Length == 0 ? null : row[1], "",
            int.Parse(row[2], CultureInfo.InvariantCulture), int.Parse(row[3], CultureInfo.InvariantCulture), row.Length > 4 ? row[4].Split(',') : [], null, SettingContext.User, "", "");
    }

    private static string Ours(SettingDefinition definition, string text)
    {
        try
        {
            return SettingsTable.Show(definition, SettingsTable.Normalise(definition, text));
        }
        catch (PgException e)
        {
            return Said(e);
        }
    }

    private static string Theirs(PgClient client, string name, string text)
    {
        try
        {
            using PgResult result = client.QueryOrThrow($"SELECT set_config('{name}', '{text}', true)"); // for its own transaction: a timeout of 1 ms would end the next statement
            return result.Value(0, 0)!;
        }
        catch (PgException e)
        {
            return Said(e);
        }
    }

    private static string Said(PgException e) => $"{e.SqlState} {e.Message} | {e.Detail} | {e.Hint}";
}
