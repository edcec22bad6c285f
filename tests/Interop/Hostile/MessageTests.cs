using System.Diagnostics;
using System.Text;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>What clients send once they are let in: garbage, lies about lengths, messages out of turn, messages that are too long.</summary>
public sealed class MessageTests : HostileFixture
{
    private const string Lost = "E FATAL 08P01 invalid message length";

    /// <summary>Longest message that is taken: the default of pgrepl.max_message_size, bytes.</summary>
    private const int MaxMessageSize = 16 * 1024 * 1024;

    /// <summary>A session that throws a message away does not hold it: kB of growth that are taken for reading in pieces.</summary>
    private const int DiscardingKilobytes = 8 * 1024;

    private static IEnumerable<TestCaseData> Ending()
    {
        yield return Case("an unknown type", RawClient.Message('!'), "E FATAL 08P01 invalid frontend message type 33");
        yield return Case("a password nobody asked for", RawClient.Message('p', "secret\0"u8), "E FATAL 08P01 invalid frontend message type 112");
        yield return Case("length 0", [(byte)'Q', 0, 0, 0, 0], Lost);
        yield return Case("length 3", [(byte)'Q', 0, 0, 0, 3], Lost);
        yield return Case("length -1", [(byte)'Q', 255, 255, 255, 255], Lost);
        yield return Case("length 2^31-1", [(byte)'Q', 127, 255, 255, 255], Lost);
        yield return Case("a long Sync", [(byte)'S', 0, 0, 0x7F, 255], Lost);
        yield return Case("a startup packet", RawClient.Startup(3 << 16, "user", "postgres"), "E FATAL 08P01 invalid frontend message type 0");

        static TestCaseData Case(string name, byte[] bytes, string answer) => new TestCaseData(bytes, answer).SetName("Ends the session: " + name);
    }

    [TestCaseSource(nameof(Ending))]
    public void What_cannot_be_a_message_ends_its_own_session(byte[] bytes, string answer)
    {
        using RawClient client = RawClient.Session(Hostile.Node, tcp: true, "replication", bytes[0] == (byte)'Q' ? "true" : "false");
        Assert.That(client.Send(bytes).ReadUntilReady(), Is.EqualTo(new[] { answer, "end" }));
        Hostile.AskWitness();
    }

    private static IEnumerable<(string What, byte[] Bytes, string[] Answers)> Answered()
    {
        byte[] sync = RawClient.Message('S'), one = Parse("SELECT $1::int4");
        yield return Case("Bind without Parse", [.. RawClient.Message('B', new byte[8]), .. sync], "E ERROR 26000 unnamed prepared statement does not exist", "Z");
        yield return Case("Execute without Bind", [.. RawClient.Message('E', new byte[5]), .. sync], "E ERROR 34000 portal \"\" does not exist", "Z");
        yield return Case("Describe of neither", [.. RawClient.Message('D', "X\0"u8), .. sync], "E ERROR 08P01 invalid DESCRIBE message subtype 88", "Z");
        yield return Case("an empty Query", [.. RawClient.Message('Q')], "E ERROR 08P01 invalid string in message", "Z");
        yield return Case("a Query without its NUL", [.. RawClient.Message('Q', "SELECT 1"u8)], "E ERROR 08P01 invalid string in message", "Z");
        yield return Case("a Query with bytes behind it", [.. RawClient.Message('Q', "SELECT 1\0x\0"u8)], "E ERROR 08P01 invalid message format", "Z");
        yield return Case("a Query that is no UTF-8", [.. RawClient.Message('Q', [0x53, 0xFF, 0])], "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff", "Z");
        yield return Case("a Parse that promises more types", [.. RawClient.Message('P', [0, 0, 255, 255]), .. sync], "E ERROR 08P01 insufficient data left in message", "Z");
        yield return Case("a Bind with too many parameters", [.. one, .. RawClient.Message('B', [0, 0, 0, 0, 0, 2, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0]), .. sync],
            "1", "E ERROR 08P01 bind message supplies 2 parameters, but prepared statement \"\" requires 1", "Z");
        yield return Case("a Bind with more formats than parameters", [.. one, .. RawClient.Message('B', [0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0]), .. sync],
            "1", "E ERROR 08P01 bind message has 2 parameter formats but 1 parameters", "Z");
        yield return Case("a Bind whose parameter is longer than the message", [.. one, .. RawClient.Message('B', [0, 0, 0, 0, 0, 1, 127, 255, 255, 255, 0, 0]), .. sync], "1", "E ERROR 08P01 insufficient data left in message", "Z");
        yield return Case("a Bind with a negative length", [.. one, .. RawClient.Message('B', [0, 0, 0, 0, 0, 1, 255, 255, 255, 254, 0, 0]), .. sync], "1", "E ERROR 08P01 insufficient data left in message", "Z");
        yield return Case("CopyData, CopyDone and CopyFail outside a COPY", [.. RawClient.Message('d', new byte[100]), .. RawClient.Message('c'), .. RawClient.Message('f', "x\0"u8), .. sync], "Z");
        yield return Case("a function call", [.. RawClient.Message('F', new byte[10])], "E ERROR 0A000 function calls by message are not supported by this node", "Z");
        yield return Case("everything after an error until Sync", [.. RawClient.Message('E', new byte[5]), .. RawClient.Query("SELECT 1"), .. one, .. sync], "E ERROR 34000 portal \"\" does not exist", "Z");
        yield return Case("ten thousand parentheses", RawClient.Query("SELECT " + new string('(', 10_000)), "E ERROR 54001 stack depth limit exceeded", "Z");
        yield return Case("ten thousand operators", RawClient.Query("SELECT 1" + string.Concat(Enumerable.Repeat("+1", 10_000))), "E ERROR 54001 stack depth limit exceeded", "Z");

        static (string, byte[], string[]) Case(string what, byte[] bytes, params string[] answers) => (what, bytes, answers);
    }

    [Test]
    public void What_makes_no_sense_is_answered_and_the_session_lives()
    {
        using RawClient client = RawClient.Session(Hostile.Node);
        foreach ((string what, byte[] bytes, string[] answers) in Answered())
        {
            Assert.That(client.Send(bytes).ReadUntilReady(), Is.EqualTo(answers), what);
            Assert.That(client.Send(RawClient.Query("SELECT 1")).ReadUntilReady(), Is.EqualTo(new[] { "T", "D", "C", "Z" }), "after " + what);
        }
    }

    [Test]
    public void A_message_above_max_message_size_is_54000_never_held_and_the_session_lives()
    {
        using RawClient client = RawClient.Session(Hostile.Node);
        client.Send(RawClient.Query("SELECT 1")).ReadUntilReady();
        string refused = $"E ERROR 54000 message of {MaxMessageSize + 1} bytes exceeds the limit of {MaxMessageSize} bytes";
        int before = ProcessFacts.PeakKilobytes(client.BackendPid);

        byte[] tooLong = new byte[MaxMessageSize + 1];
        Assert.That(client.Send(RawClient.Message('Q', tooLong)).ReadUntilReady(), Is.EqualTo(new[] { refused, "Z" }));
        Assert.That(client.Send([.. RawClient.Message('P', tooLong), .. RawClient.Message('E', new byte[5]), .. RawClient.Message('S')]).ReadUntilReady(), Is.EqualTo(new[] { refused, "Z" }));
        Assert.That(client.Send([.. RawClient.Message('d', tooLong), .. RawClient.Query("SELECT 1")]).ReadUntilReady(), Is.EqualTo(new[] { "T", "D", "C", "Z" }), "CopyData has no meaning here, of whatever length");

        Assert.That(ProcessFacts.PeakKilobytes(client.BackendPid) - before, Is.LessThan(DiscardingKilobytes), "kB more than before");
        byte[] longest = new byte[MaxMessageSize];
        longest.AsSpan(0, MaxMessageSize - 1).Fill((byte)' ');
        Assert.That(client.Send(RawClient.Message('Q', longest)).ReadUntilReady(), Is.EqualTo(new[] { "I", "Z" }), "the longest that is taken");
    }

    [Test]
    public void A_gigabyte_that_is_promised_and_never_sent_costs_nothing()
    {
        using RawClient client = RawClient.Session(Hostile.Node);
        int before = ProcessFacts.PeakKilobytes(client.BackendPid);
        client.Send([(byte)'Q', 0x3F, 0xFF, 0xFF, 0xFE, .. new byte[100_000]]);
        Assert.That(client.ReadMessage(), Does.StartWith("E ERROR 54000 "));
        Assert.That(ProcessFacts.PeakKilobytes(client.BackendPid) - before, Is.LessThan(DiscardingKilobytes));
    }

    [Test]
    public void A_walsender_for_physical_replication_refuses_SQL_messages_once_and_lives()
    {
        using RawClient client = RawClient.Session(Hostile.Node, tcp: true, "replication", "true");
        Assert.That(client.Send([.. Parse("SELECT 1"), .. RawClient.Message('B', new byte[8]), .. RawClient.Message('E', new byte[5]), .. RawClient.Message('S')]).ReadUntilReady(),
            Is.EqualTo(new[] { "E ERROR 08P01 extended query protocol not supported in a replication connection", "Z" }));
        Assert.That(client.Send(RawClient.Message('F', new byte[10])).ReadUntilReady(), Is.EqualTo(new[] { "E ERROR 08P01 fastpath function calls not supported in a replication connection", "Z" }));
        Assert.That(client.Send(RawClient.Message('S')).ReadUntilReady(), Is.EqualTo(new[] { "Z" }));
        Assert.That(client.Send(RawClient.Message('Q', "IDENTIFY_SYSTEM"u8)).ReadUntilReady(), Is.EqualTo(new[] { "E ERROR 08P01 invalid string in message", "Z" }));
        Assert.That(client.Send(RawClient.Message('Q', [0xC3, 0])).ReadUntilReady(), Is.EqualTo(new[] { "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xc3", "Z" }));
        Assert.That(client.Send(RawClient.Message('Q', new byte[MaxMessageSize + 1])).ReadUntilReady()[0], Does.StartWith("E ERROR 54000 "));
        Assert.That(client.Send(RawClient.Query("IDENTIFY_SYSTEM")).ReadUntilReady(), Is.EqualTo(new[] { "T", "D", "C", "Z" }));
    }

    private static IEnumerable<TestCaseData> Replies()
    {
        yield return Case("no kind", [], "end");
        yield return Case("an unknown kind", "x"u8, "end");
        yield return Case("a status update cut short", [(byte)'r', .. new byte[10]], "end");
        yield return Case("a status update without its last byte", [(byte)'r', .. new byte[32]], "end");
        yield return Case("feedback cut short", "h"u8, "end");
        yield return Case("feedback about impossible transactions", [(byte)'h', .. Enumerable.Repeat((byte)0xFF, 24)], "");
        yield return Case("positions beyond all WAL", [(byte)'r', .. Enumerable.Repeat((byte)0xFF, 32), 1], "");

        static TestCaseData Case(string name, ReadOnlySpan<byte> payload, string answer) => new TestCaseData(payload.ToArray(), answer).SetName("A standby says: " + name);
    }

    [TestCaseSource(nameof(Replies))]
    public void A_stream_survives_or_ends_by_what_a_standby_says_and_nobody_else_does(byte[] payload, string answer)
    {
        using RawClient standby = Streaming();
        standby.Send(RawClient.Message('d', payload));
        if (answer == "end")
        {
            Assert.That(ReadPastWal(standby), Is.EqualTo("end"));
            return;
        }
        long start = Stopwatch.GetTimestamp();
        Assert.That(ReadPastWal(standby.Send(RawClient.Message('c'))), Is.EqualTo("c"), "it streamed on until it was told to stop");
        Assert.That(standby.ReadUntilReady()[^1], Is.EqualTo("Z"));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(20)), "at once, not after the next look at the clock");
    }

    [Test]
    public void A_stream_ends_fatally_by_a_message_that_is_none_of_a_COPY()
    {
        foreach (byte[] bytes in new[] { RawClient.Query("IDENTIFY_SYSTEM"), RawClient.Message('f', "x\0"u8), RawClient.Message('!'), [(byte)'d', 0, 0, 0, 1] })
        {
            using RawClient standby = Streaming();
            Assert.That(ReadPastWal(standby.Send(bytes)), Does.StartWith("E FATAL 08P01 "));
            Assert.That(standby.ReadMessage(), Is.EqualTo("end"));
        }
    }

    [Test]
    public void A_reply_above_max_message_size_ends_the_stream_and_not_the_session()
    {
        using RawClient standby = Streaming();
        standby.Send(RawClient.Message('d', new byte[MaxMessageSize + 1]));
        Assert.That(ReadPastWal(standby), Does.StartWith("E ERROR 54000 "));
        Assert.That(standby.ReadMessage(), Is.EqualTo("Z"));
        Assert.That(standby.Send([.. RawClient.Message('c'), .. RawClient.Query("IDENTIFY_SYSTEM")]).ReadUntilReady(), Is.EqualTo(new[] { "T", "D", "C", "Z" }));
    }

    [Test]
    public void Random_messages_end_their_own_session_at_most()
    {
        Random random = Seed.New();
        for (int i = 0; i < 12; i++)
        {
            using RawClient client = i % 4 == 3 ? Streaming() : RawClient.Session(Hostile.Node, tcp: i % 2 == 0, "replication", new[] { "false", "true", "database" }[i % 3]);
            for (int n = 0; n < 200; n++)
                client.TrySend(RandomMessage(random));
            client.EndSending();
            while (client.ReadMessage() != "end")
            {
                // whatever it answers: it comes to an end
            }
        }
        Hostile.AskWitness();
    }

    /// <summary>Well framed as a rule, so that it gets past the first look.</summary>
    private static byte[] RandomMessage(Random random)
    {
        byte[] payload = new byte[random.Next(40)];
        random.NextBytes(payload);
        if (random.Next(2) == 0)
            Encoding.ASCII.GetBytes("SELECT $1, now() FROM pg_stat_replication\0"[random.Next(20)..]).AsSpan().CopyTo(payload = new byte[60]);
        byte[] message = RawClient.Message("QPBDECSHFdcf"[random.Next(12)], payload);
        if (random.Next(200) == 0)
            message[random.Next(5)] ^= (byte)(1 << random.Next(8));
        return message;
    }

    private static byte[] Parse(string sql) => RawClient.Message('P', [0, .. Encoding.UTF8.GetBytes(sql), 0, 0, 0]);

    private RawClient Streaming()
    {
        RawClient client = RawClient.Session(Hostile.Node, tcp: true, "replication", "true");
        client.Send(RawClient.Query($"START_REPLICATION {Hostile.Node.Ask("SELECT pg_current_wal_flush_lsn()")} TIMELINE 1"));
        Assert.That(client.ReadMessage(), Is.EqualTo("W"));
        return client;
    }

    private static string ReadPastWal(RawClient standby)
    {
        string said = standby.ReadMessage();
        while (said == "d")
            said = standby.ReadMessage();
        return said;
    }
}
