using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>The same messages to a real PostgreSQL 15 and to our session must be answered alike, byte for byte of what a client can see.</summary>
[TestFixture]
public sealed class PostgresComparisonTests
{
    private RealServer _server = null!;

    [OneTimeSetUp]
    public void Start() => _server = new RealServer();

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    private static IEnumerable<string> Queries => File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Sql", "queries.sql"))
        .Where(line => line.Length > 0 && !line.StartsWith("-- ", StringComparison.Ordinal)).Select(line => line.Replace("\\n", "\n", StringComparison.Ordinal));

    [Test]
    public void Simple_queries_are_answered_as_PostgreSQL_does()
    {
        var differences = new List<string>();
        foreach (string sql in Queries)
        {
            using RealServer.Connection real = _server.Connect();
            Compare(sql, real.Send(FrontendMessages.New().Query(sql)), FrontendMessages.New().Query(sql), differences);
        }
        Assert.That(differences, Is.Empty, string.Join("\n", differences));
    }

    [Test]
    public void Extended_queries_are_answered_as_PostgreSQL_does([Values] bool binary)
    {
        var differences = new List<string>();
        using RealServer.Connection real = _server.Connect();
        foreach (string sql in Queries)
        {
            FrontendMessages messages = FrontendMessages.New().Parse(sql).Describe('S').Bind(binaryResults: binary).Describe().Execute().Sync().Query("ROLLBACK");
            Compare(sql, real.Send(messages, 2), messages, differences);
        }
        Assert.That(differences, Is.Empty, string.Join("\n", differences));
    }

    [Test]
    public void Columns_by_major_holds_what_PostgreSQL_15_says()
    {
        using RealServer.Connection real = _server.Connect();
        var client = new TestClient();
        foreach (string line in ColumnsTests.LinesOf(ColumnsTests.ServerOf(15)))
        {
            string source = line.Split(' ')[0];
            FrontendMessages describe = FrontendMessages.New().Parse($"SELECT * FROM {source}").Describe('S').Sync();
            Assert.That(client.Send(describe), Is.EqualTo(real.Send(describe)), source);
        }
    }

    [Test]
    public void Functions_have_the_arguments_and_results_of_PostgreSQLs()
    {
        using RealServer.Connection real = _server.Connect();
        var client = new TestClient();
        Assert.Multiple(() =>
        {
            foreach (SqlFunction function in Functions.All)
            {
                string arguments = string.Join(", ", function.Arguments.Select((_, i) => $"${i + 1}"));
                string call = function.Name == "current_user" ? "current_user" : $"pg_catalog.{function.Name}({arguments})"; // a keyword there
                FrontendMessages describe = FrontendMessages.New().Parse($"SELECT {call}", types: [.. function.Arguments.Select(type => type.TypeOid)]).Describe('S').Sync();
                Assert.That(client.Send(describe), Is.EqualTo(real.Send(describe)), call);
            }
        });
    }

    private const string EveryType = "SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::numeric, $6::float8, $7::oid, $8::xid, $9::text, $10::varchar, $11::name, $12::bytea, $13::pg_lsn, $14::timestamptz, $15::interval, $16::inet";

    private static readonly object[] EveryTypesValue =
        ["t", "-7", "70000", "1099511627776", "12.340", "1.5e-7", "4000000000", "735", "ä", "b", "n", "\\x00ff", "1/AB", "2026-11-22 07:05:00.123+01", "1 mon 2 days 03:04:05.6", "10.0.0.0/8"];

    private const string JdbcTypeQuery = "SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid   FROM pg_catalog.pg_type   LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r"
        + "           from pg_namespace as ns           join ( select s.r, (current_schemas(false))[s.r] as nspname                    from generate_series(1, array_upper(current_schemas(false), 1)) as s(r) ) as r"
        + "          using ( nspname )        ) as sp     ON sp.nspoid = typnamespace  WHERE pg_type.oid = $1  ORDER BY sp.r, pg_type.oid DESC";

    private static IEnumerable<TestCaseData> Conversations()
    {
        FrontendMessages F() => FrontendMessages.New();
        (string Name, FrontendMessages Messages, int Ready)[] cases =
        [
            ("parameters inferred", F().Parse("SELECT $1, $2 + 1, $3::bool, $4 || 'x', pg_wal_lsn_diff($5, '0/0'), now() > $6").Describe('S').Bind(parameters: ["a", "41", "t", "y", "0/10", "2000-01-01"]).Execute().Sync(), 1),
            ("parameters declared", F().Parse("SELECT $1, $2", types: [23, 25]).Describe('S').Bind(parameters: ["5", "b"]).Execute().Sync(), 1),
            ("a parameter used twice", F().Parse("SELECT $1::int, $1 + 1").Describe('S').Bind(parameters: ["5"]).Execute().Sync(), 1),
            ("a parameter nobody types", F().Parse("SELECT 1 WHERE $2 = 1").Sync(), 1),
            ("a parameter in a test for null", F().Parse("SELECT $1 IS NULL").Describe('S').Bind(parameters: [null]).Execute().Sync(), 1),
            ("parameters in limit", F().Parse("SELECT g FROM generate_series(1, $1) g LIMIT $2").Describe('S').Bind(parameters: ["10", "2"]).Execute().Sync(), 1),
            ("a parameter as all of a function's arguments", F().Parse("SELECT length($1), repeat($2, $3), upper($4)").Describe('S').Bind(parameters: ["abc", "x", "3", "q"]).Execute().Sync(), 1),
            ("binary parameters", F().Parse("SELECT $1::int2, $2::int4, $3::int8, $4::float8, $5::text, $6::bytea, $7::pg_lsn, $8::bool, $9::timestamptz").Describe('S')
                .Bind(parameters: [FrontendMessages.Int16(7), FrontendMessages.Int32(-7), FrontendMessages.Int64(1L << 40), FrontendMessages.Int64(0x3FF8000000000000), "ä"u8.ToArray(), new byte[] { 0, 255 }, FrontendMessages.Int64(0x1_0000_0010), new byte[] { 1 }, FrontendMessages.Int64(0)]).Execute().Sync(), 1),
            ("text parameters of every type, text results", F().Parse(EveryType).Describe('S').Bind(parameters: EveryTypesValue).Describe().Execute().Sync(), 1),
            ("text parameters of every type, binary results", F().Parse(EveryType).Bind(binaryResults: true, parameters: EveryTypesValue).Describe().Execute().Sync(), 1),
            ("binary oid, xid, varchar and name", F().Parse("SELECT $1::oid, $2::xid, $3::varchar, $4::name").Bind(parameters: [FrontendMessages.Int32(-1), FrontendMessages.Int32(735), "ß"u8.ToArray(), "n"u8.ToArray()]).Execute().Sync(), 1),
            ("null of every type", F().Parse(EveryType).Bind(binaryResults: true, parameters: new object?[16]).Execute().Sync(), 1),
            ("binary numeric", F().Parse("SELECT $1::numeric, $2::numeric").Bind(parameters: [new byte[] { 0, 2, 0, 0, 0x40, 0, 0, 2, 0, 12, 0x0D, 0x48 }, new byte[] { 0, 0, 0, 0, 0, 0, 0, 3 }]).Execute().Sync(), 1),
            ("binary interval and inet", F().Parse("SELECT $1::interval, $2::inet, $3::inet").Bind(parameters: [(byte[])[.. FrontendMessages.Int64(1_500_000), .. FrontendMessages.Int32(3), .. FrontendMessages.Int32(14)], new byte[] { 2, 24, 0, 4, 10, 0, 0, 1 }, new byte[] { 3, 128, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }]).Execute().Sync(), 1),
            ("binary parameter of the wrong length", F().Parse("SELECT $1::int4").Bind(parameters: [new byte[] { 1, 2, 3, 4, 5 }]).Sync(), 1),
            ("text parameter that is none", F().Parse("SELECT $1::int4").Bind(parameters: ["abc"]).Execute().Sync(), 1),
            ("text parameter with bad bytes", F().Parse("SELECT $1::text").Bind(parameters: [new byte[] { 0x61, 0xFF, 0x62 }]).Execute().Sync(), 1),
            ("text parameter with a truncated character", F().Parse("SELECT $1::text").Bind(parameters: [new byte[] { 0x61, 0xC3 }]).Execute().Sync(), 1),
            ("text parameter with a zero byte", F().Parse("SELECT $1::text").Bind(parameters: [new byte[] { 0x61, 0 }]).Execute().Sync(), 1),
            ("query with bad bytes", F().Message('Q', [(byte)'S', 0xC3, 0x28, 0]), 1),
            ("too few parameters", F().Parse("SELECT $1::int, $2::int").Bind(parameters: ["1"]).Sync(), 1),
            ("unknown statement", F().Bind("nope").Execute().Sync(), 1),
            ("no unnamed statement", F().Bind().Sync(), 1),
            ("unknown portal", F().Execute("nope").Sync(), 1),
            ("describe of the unknown", F().Describe('S', "nope").Sync().Describe('P', "nope").Sync(), 2),
            ("describe of nonsense", F().Describe('X').Sync().Close('Y', "").Sync(), 2),
            ("named statement twice", F().Parse("SELECT 1", "s").Parse("SELECT 2", "s").Sync().Parse("SELECT 3", "s").Sync().Close('S', "s").Parse("SELECT 4", "s").Bind("s").Execute().Sync(), 3),
            ("named portal twice", F().Parse("SELECT 1").Bind(portal: "p").Bind(portal: "p").Sync(), 1),
            ("portal fetched in parts", F().Parse("SELECT g FROM generate_series(1,5) g").Bind(portal: "p").Execute("p", 2).Execute("p", 2).Execute("p", 2).Execute("p", 2).Sync(), 1),
            ("portal fetched to its exact end", F().Parse("SELECT g FROM generate_series(1,2) g").Bind().Execute("", 2).Execute("", 2).Sync(), 1),
            ("portal run twice", F().Parse("SELECT 1").Bind().Execute().Execute().Sync(), 1),
            ("command run twice", F().Parse("SET application_name = 'x'").Bind().Execute().Execute().Sync(), 1),
            ("portal gone after Sync", F().Parse("SELECT 1").Bind(portal: "p").Sync().Execute("p").Sync(), 2),
            ("portal kept in a block", F().Query("BEGIN").Parse("SELECT 1").Bind(portal: "p").Sync().Execute("p").Sync().Query("COMMIT"), 4),
            ("errors are skipped to Sync", F().Parse("SELEC").Bind().Execute().Parse("SELECT 1").Sync().Query("SELECT 2"), 2),
            ("a simple query is skipped as well", F().Parse("SELEC").Query("SELECT 2").Sync(), 1),
            ("empty query", F().Parse("").Describe('S').Bind().Describe().Execute().Sync(), 1),
            ("several commands", F().Parse("SELECT 1; SELECT 2").Sync(), 1),
            ("failed block", F().Query("BEGIN").Parse("SELECT 1/0").Bind().Execute().Sync().Parse("SELECT 1").Sync().Query("SELECT 2").Parse("ROLLBACK").Bind().Describe().Execute().Sync(), 5),
            ("commit of a failed block", F().Query("BEGIN").Query("SELECT 1/0").Query("COMMIT"), 3),
            ("statement described in a failed block", F().Parse("SELECT 1", "s").Parse("COMMIT", "c").Sync().Query("BEGIN; SELECT 1/0").Describe('S', "s").Sync().Describe('S', "c").Sync().Bind("s").Sync().Bind("c").Execute().Sync(), 6),
            ("block over extended messages", F().Parse("BEGIN").Bind().Execute().Parse("SELECT 1").Bind().Execute().Sync().Parse("COMMIT").Bind().Execute().Sync(), 2),
            ("deallocate", F().Parse("SELECT 1", "s").Sync().Query("DEALLOCATE s").Query("DEALLOCATE s").Bind("s").Sync(), 4),
            ("result formats that do not fit", F().Parse("SELECT 1").Message('B', [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1]).Sync(), 1),
            ("parameter formats that do not fit", F().Parse("SELECT $1::int").Message('B', [0, 0, 0, 2, 0, 0, 0, 0, 0, 1]).Sync(), 1),
            ("parameter format unknown", F().Parse("SELECT $1::int").Message('B', [0, 0, 0, 1, 0, 9, 0, 1, 0, 0, 0, 1, 49, 0, 0]).Sync(), 1),
            ("truncated Bind", F().Parse("SELECT $1::int").Message('B', [0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 49]).Sync(), 1),
            ("Bind with bytes left over", F().Parse("SELECT 1").Message('B', [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]).Sync(), 1),
            ("Query without its end", F().Message('Q', [(byte)'S']), 1),
            ("closing what is not there", F().Close('S', "nope").Close('P', "nope").Close('S', "").Sync(), 1),
            ("flush and sync alone", F().Flush().Sync(), 1),
            ("unnamed statement dies with a simple query", F().Parse("SELECT 1").Sync().Query("SELECT 2").Bind().Sync(), 3),
            ("isolation level", F().Query("BEGIN ISOLATION LEVEL SERIALIZABLE").Query("SHOW transaction_isolation").Query("COMMIT").Query("SHOW transaction_isolation"), 4),
            ("back to a savepoint", F().Query("BEGIN").Query("SAVEPOINT a").Query("SET application_name = 'x'").Query("SELECT 1/0").Query("SELECT 1").Query("SAVEPOINT b").Query("RELEASE a").Query("ROLLBACK TO b").Query("ROLLBACK TO a").Query("SHOW application_name").Query("COMMIT"), 11),
            ("a failed block with savepoints is rolled back", F().Query("BEGIN").Query("SET application_name = 'x'").Query("SAVEPOINT a").Query("SELECT 1/0").Query("COMMIT").Query("SHOW application_name"), 6),
            ("savepoints in the extended protocol", F().Query("BEGIN").Parse("SAVEPOINT s").Bind().Execute().Parse("SELECT 1/0").Bind().Execute().Sync().Parse("ROLLBACK TO SAVEPOINT s", "r").Bind("r").Describe().Execute().Sync().Parse("SELECT 2").Bind().Execute().Sync().Query("COMMIT"), 5),
            ("portals and savepoints", F().Query("BEGIN").Parse("SELECT g FROM generate_series(1,5) g").Bind(portal: "before").Execute("before", 1).Sync().Query("SAVEPOINT s").Parse("SELECT 1").Bind(portal: "after").Sync().Query("ROLLBACK TO s").Execute("before", 1).Sync().Execute("after").Sync().Query("ROLLBACK"), 8),
            // JDBC (pgjdbc 42.5): what it sends between the start-up packet and the user's first statement, and around transactions, as seen on the wire.
            ("JDBC's start", F().Parse("SET extra_float_digits = 3").Bind().Execute("", 1).Sync().Parse("SET application_name = 'PostgreSQL JDBC Driver'").Bind().Execute("", 1).Sync(), 2),
            ("JDBC's isValid and schema", F().Parse("").Bind().Execute("", 1).Sync().Parse("select current_schema()").Bind().Describe().Execute().Sync().Parse("SELECT current_catalog").Bind().Describe().Execute().Sync(), 3),
            ("JDBC's modes", F().Parse("SHOW TRANSACTION ISOLATION LEVEL").Bind().Describe().Execute("", 1).Sync().Parse("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").Bind().Execute("", 1).Sync()
                .Parse("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE").Bind().Execute("", 1).Sync().Parse("SHOW TRANSACTION ISOLATION LEVEL").Bind().Describe().Execute("", 1).Sync()
                .Parse("show transaction_read_only").Bind().Describe().Execute("", 1).Sync().Parse("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE").Bind().Execute("", 1).Sync(), 6),
            ("JDBC's BEGIN before a statement, named from the fifth time on, fetched in parts", F().Parse("BEGIN", "S_1").Bind("S_1").Execute("", 0).Parse("SELECT g, $1 FROM generate_series(1, 5) g", "S_2", 23).Bind("S_2", "C_3", true, FrontendMessages.Int32(7)).Describe('P', "C_3").Execute("C_3", 3).Sync()
                .Execute("C_3", 3).Sync().Parse("COMMIT", "S_4").Bind("S_4").Execute("", 1).Close('P', "C_3").Sync(), 3),
            ("JDBC's autosave", F().Parse("BEGIN").Bind().Execute().Parse("SAVEPOINT PGJDBC_AUTOSAVE").Bind().Execute("", 1).Parse("SELECT 1/0").Bind().Describe().Execute().Sync().Parse("ROLLBACK TO SAVEPOINT PGJDBC_AUTOSAVE").Bind().Execute("", 1).Sync()
                .Parse("RELEASE SAVEPOINT PGJDBC_AUTOSAVE").Bind().Execute("", 1).Sync().Query("ROLLBACK"), 4),
            ("JDBC asks for the name of a type", F().Parse("SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = $1", types: [20])
                .Describe('S').Bind(parameters: [FrontendMessages.Int64(3220)]).Execute().Sync().Query("SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = ('869'::int8)"), 2),
            ("JDBC asks what kind of type it is", F().Parse(JdbcTypeQuery, types: [20]).Bind(parameters: ["3220"]).Execute().Parse(JdbcTypeQuery, types: [20]).Bind(parameters: ["3221"]).Execute().Parse(JdbcTypeQuery, types: [20]).Bind(parameters: ["1184"]).Execute().Sync(), 1),
            ("describe and binary rows", F().Parse("SELECT '1 mon'::interval, 1.5, '10.0.0.0/8'::inet, '0/10'::pg_lsn, 5::oid, 'x'::name, NULL::int, true, -12345.678, 0.0, 100000000::numeric, 0.00001").Describe('S').Bind(binaryResults: true).Describe().Execute().Sync(), 1),
        ];
        return cases.Select(c => new TestCaseData(c.Messages, c.Ready).SetArgDisplayNames(c.Name));
    }

    [TestCaseSource(nameof(Conversations))]
    public void Conversation_goes_as_with_PostgreSQL(object messages, int readyForQuery)
    {
        var differences = new List<string>();
        using RealServer.Connection real = _server.Connect();
        Compare("conversation", real.Send((FrontendMessages)messages, readyForQuery), (FrontendMessages)messages, differences, again: false);
        Assert.That(differences, Is.Empty, string.Join("\n", differences));
    }

    private static void Compare(string what, List<string> expected, FrontendMessages messages, List<string> differences, bool again = true)
    {
        List<string> actual;
        try
        {
            var client = new TestClient();
            actual = client.Send(messages);
            if (again && actual[^1] == "Z I" && client.Send(messages) is var second && !second.SequenceEqual(actual))
                actual = ["the second time:", .. second]; // out of the cache of statements
        }
        catch (Exception error)
        {
            actual = [error.ToString()];
        }
        if (!expected.SequenceEqual(actual))
            differences.Add($"{what}\n  PostgreSQL: {string.Join("\n              ", expected)}\n  pgrepl:     {string.Join("\n              ", actual)}");
    }
}
