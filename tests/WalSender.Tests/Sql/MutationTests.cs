using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;
using Pgrepl.TestSupport;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>Whatever a client sends, it gets an answer of PostgreSQL's shape, and nothing but PgException comes out of the parser.</summary>
[TestFixture]
public sealed class MutationTests
{
    private static readonly string[] Corpus = [.. File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Sql", "queries.sql")).Where(line => line.Length > 0 && !line.StartsWith("-- ", StringComparison.Ordinal))];

    private static readonly string[] Pieces =
    [
        "SELECT", "FROM", "WHERE", "(", ")", ",", "'", "\"", "$1", "::", ".", "*", "-", "/*", "--", "NULL", "1", "9223372036854775807", "1e308", "'0/0'::pg_lsn", "now()", "interval '1 mon'", "CASE", "WHEN", "END",
        "IN", "NOT", "BETWEEN", "AND", "IS", "LIKE", "||", "%", "/", "E'\\", "$$", "count(*)", "max(g)", "generate_series(1,3) g", "ORDER BY", "LIMIT", "-1", ";", "ä", "\0", "😀", "text", "numeric(3,2)", "repeat('x',", "extract(epoch from ",
        "'infinity'::timestamptz", "0.0000000000000000000000000001", "79228162514264337593543950335", "'-178000000 years'::interval", "round(", "(pg_control_system()).",
    ];

    /// <summary>Bytes that a session and one answer may allocate: a session's buffers, rows of the corpus's largest results, the plan.</summary>
    private const int BytesOfAnAnswer = 64 << 20;

    /// <summary>Tokens, syntax, plan.</summary>
    private const int BytesPerByteOfSql = 4000;

    [Test]
    public void Mutated_queries_are_answered() => new Fuzz("SQL", [.. Corpus.Select(Text), .. Pieces.Select(piece => Encoding.UTF8.GetBytes($" {piece} "))])
    {
        BaseAllocation = BytesOfAnAnswer,
        AllocationPerByte = BytesPerByteOfSql,
    }.Run(bytes =>
    {
        string sql = Encoding.UTF8.GetString(bytes).Replace("\0", "", StringComparison.Ordinal);
        List<string> lines = new TestClient().Query(sql);
        if (!lines[^1].StartsWith("Z ", StringComparison.Ordinal) || lines.Count(line => line[0] == 'Z') != 1)
            throw new InvalidOperationException($"answered by {string.Join('\n', lines)}");
    });

    [Test]
    public void Mutated_messages_are_answered_or_refused() => new Fuzz("messages", [.. Corpus.Select(Messages)])
    {
        BaseAllocation = BytesOfAnAnswer,
        AllocationPerByte = BytesPerByteOfSql,
    }.Run(bytes =>
    {
        var client = new TestClient();
        try
        {
            client.Feed(bytes);
        }
        catch (PgException error) when (error.SqlState is SqlStates.ProtocolViolation or SqlStates.ProgramLimitExceeded)
        {
            // the framing is lost, or the message is too long
        }
        BackendMessages.Decode(client.Writer.Pending.Span); // whole messages only
    });

    [Test]
    public void Random_parameter_bytes_are_taken_or_refused()
    {
        Random random = Seed.New();
        SqlType[] types = [.. SqlType.All.Where(type => type != SqlType.Unknown && type != SqlType.Void)];
        for (int round = 0; round < 50_000; round++)
        {
            SqlType type = types[random.Next(types.Length)];
            byte[] value = new byte[random.Next(4) == 0 ? random.Next(40) : Math.Max((int)type.Length, 12)];
            random.NextBytes(value);
            var client = new TestClient();
            FrontendMessages messages = FrontendMessages.New().Parse("SELECT $1", types: [type.TypeOid]).Bind(binaryResults: random.Next(2) == 0, parameters: [value]).Execute().Sync();
            try
            {
                Assert.That(client.Send(messages)[^1], Is.EqualTo("Z I"));
            }
            catch (Exception error) when (error is not AssertionException)
            {
                Assert.Fail($"{type} {Convert.ToHexString(value)}\n{error}");
            }
        }
    }

    [Test]
    public void Numbers_keep_their_value_through_both_formats()
    {
        Random random = Seed.New();
        var buffer = new ByteBuffer();
        for (int round = 0; round < 50_000; round++)
        {
            var number = new decimal(random.Next(), random.Next(), random.Next() >> random.Next(31), random.Next(2) == 0, (byte)random.Next(29));
            if (number.ToString().Count(char.IsAsciiDigit) > 28)
                continue;
            buffer.Clear();
            SqlNumeric.Send(buffer, SqlNumeric.Normalise(number));
            Assert.That(SqlNumeric.Receive(buffer.Span)?.ToString(), Is.EqualTo(SqlNumeric.Normalise(number).ToString()));
            Assert.That(TypeInput.Numeric(number.ToString()).ToString(), Is.EqualTo(SqlNumeric.Normalise(number).ToString()));
        }
    }

    private static byte[] Text(string sql) => Encoding.UTF8.GetBytes(sql.Replace("\\n", "\n", StringComparison.Ordinal));

    private static byte[] Messages(string sql) => FrontendMessages.New().Parse(sql, types: [23, 25, 1700]).Describe('S')
        .Bind(binaryResults: true, parameters: [new byte[] { 0, 0, 0, 5 }, "x", new byte[] { 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 }]).Describe().Execute().Sync().Query(sql).Bytes;
}
