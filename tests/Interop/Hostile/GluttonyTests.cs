using System.Text;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>Clients that are let in and ask for all the memory they can get: they end in an error or lose their own session, never the node.</summary>
public sealed class GluttonyTests : HostileFixture
{
    private const int Megabyte = 1024 * 1024;

    [TestCase("1,", "SELECT ", "1")]
    [TestCase(";SELECT 1", "SELECT 1", "")]
    [TestCase("1,", "SELECT 1 IN (", "1)")]
    [TestCase("x", "SELECT '", "'")]
    [TestCase("x", "SELECT ", "")]
    [TestCase("(1),", "SELECT * FROM (VALUES ", "(1)) v")]
    [TestCase(" AND true", "SELECT true", "")]
    [TestCase("/*", "SELECT 1 ", "")]
    [TestCase("concat(", "SELECT ", "")]
    public void A_query_as_long_as_a_message_may_be(string repeated, string before, string after)
    {
        using RawClient client = RawClient.Session(Hostile.Node);
        string sql = before + string.Concat(Enumerable.Repeat(repeated, (15 * Megabyte) / repeated.Length)) + after;
        List<string> said = client.TrySend(RawClient.Query(sql)).ReadUntilReady();
        Assert.That(said[^1], Is.EqualTo("Z"), "the session lives");
        Hostile.AskWitness();
    }

    [Test]
    public void Prepared_statements_without_end()
    {
        using RawClient client = RawClient.Session(Hostile.Node);
        string last = "";
        for (int i = 0; i < 600 && last is "" or "1"; i++)
        {
            byte[] parse = RawClient.Message('P', [.. Encoding.ASCII.GetBytes($"s{i}\0SELECT '{new string('x', Megabyte)}'\0"), 0, 0]);
            last = client.TrySend([.. parse, .. RawClient.Message('H')]).ReadMessage();
        }
        Assert.That(last, Does.StartWith("E ERROR 54000 "));
        Assert.That(client.Send(RawClient.Message('S')).ReadUntilReady(), Is.EqualTo(new[] { "Z" }));
        Hostile.AskWitness();
    }

    [Test]
    public void Portals_without_end()
    {
        using RawClient client = RawClient.Session(Hostile.Node);
        Assert.That(client.Send([.. RawClient.Message('P', [.. "s\0SELECT $1::text\0"u8, 0, 0]), .. RawClient.Message('H')]).ReadMessage(), Is.EqualTo("1"));
        string last = "";
        byte[] value = new byte[Megabyte];
        value.AsSpan().Fill((byte)'x');
        for (int i = 0; i < 600 && last is "" or "2"; i++)
        {
            byte[] bind = RawClient.Message('B', [.. Encoding.ASCII.GetBytes($"p{i}\0s\0"), 0, 0, 0, 1, .. RawClient.Int32(value.Length), .. value, 0, 0]);
            last = client.TrySend([.. bind, .. RawClient.Message('H')]).ReadMessage();
        }
        Assert.That(last, Does.StartWith("E ERROR 54000 "));
        Assert.That(client.Send(RawClient.Message('S')).ReadUntilReady(), Is.EqualTo(new[] { "Z" }));
        Hostile.AskWitness();
    }
}
