using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;
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

    [Test]
    public void Mutated_queries_are_answered()
    {
        Random random = Seed.New();
        for (int round = 0; round < 30_000; round++)
        {
            string sql = Mutate(random, Corpus[random.Next(Corpus.Length)]);
            List<string> lines;
            try
            {
                lines = new TestClient().Query(sql);
            }
            catch (Exception error)
            {
                Assert.Fail($"{sql}\n{error}");
                return;
            }
            Assert.That(lines[^1], Does.StartWith("Z "), sql);
            Assert.That(lines.Count(line => line[0] == 'Z'), Is.EqualTo(1), sql);
        }
    }

    [Test]
    public void Mutated_messages_are_answered_or_refused()
    {
        Random random = Seed.New();
        for (int round = 0; round < 30_000; round++)
        {
            string sql = Corpus[random.Next(Corpus.Length)];
            byte[] bytes = FrontendMessages.New().Parse(sql, types: [23, 25, 1700]).Describe('S').Bind(binaryResults: true, parameters: [new byte[] { 0, 0, 0, 5 }, "x", new byte[] { 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 }]).Describe().Execute().Sync().Query(sql).Bytes;
            for (int i = random.Next(1, 8); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : random.Next(4));
            var client = new TestClient();
            try
            {
                client.Feed(bytes);
            }
            catch (PgException error)
            {
                Assert.That(error.SqlState, Is.AnyOf(SqlStates.ProtocolViolation, SqlStates.ProgramLimitExceeded));
            }
            catch (Exception error)
            {
                Assert.Fail($"{Convert.ToHexString(bytes)}\n{error}");
            }
            BackendMessages.Decode(client.Writer.Pending.Span); // whole messages only
        }
    }

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

    private static string Mutate(Random random, string sql)
    {
        var text = new StringBuilder(sql.Replace("\\n", "\n", StringComparison.Ordinal));
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(text.Length + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Insert(at, " " + Pieces[random.Next(Pieces.Length)] + " ");
                    break;
                case 1 when at < text.Length:
                    text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at));
                    break;
                case 2 when at < text.Length:
                    text[at] = (char)random.Next(1, 128);
                    break;
                default:
                    string other = Corpus[random.Next(Corpus.Length)];
                    text.Insert(at, other.AsSpan(random.Next(other.Length)));
                    break;
            }
        }
        return text.ToString();
    }
}
