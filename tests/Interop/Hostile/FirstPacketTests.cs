using System.Diagnostics;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>What strangers send before they are let in: garbage, lies about lengths, old protocols, half packets, requests that make no sense.</summary>
public sealed class FirstPacketTests() : HostileFixture()
{
    private const int Protocol3 = 3 << 16;
    private const string BadLength = "E FATAL 08P01 invalid length of startup packet";
    private const string BadLayout = "E FATAL 08P01 invalid startup packet layout: expected terminator as last byte";

    private static IEnumerable<TestCaseData> Refused()
    {
        foreach (int length in new[] { 0, 3, 7, -1, int.MinValue, StartupPacket.MaxLength + 5, int.MaxValue })
            yield return Case($"length {length}", [.. RawClient.Int32(length), .. RawClient.Int32(Protocol3), .. "user\0x\0\0"u8], BadLength);
        yield return Case("HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8, BadLength);
        yield return Case("TLS", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3], BadLength);
        yield return Case("no parameters", RawClient.Packet(Protocol3), BadLayout);
        yield return Case("a name without its end", RawClient.Packet(Protocol3, "user"u8), BadLayout);
        yield return Case("a name without its value", RawClient.Packet(Protocol3, "user\0"u8), BadLayout);
        yield return Case("bytes behind the terminator", RawClient.Packet(Protocol3, "user\0x\0\0y"u8), BadLayout);
        yield return Case("no user", RawClient.Packet(Protocol3, [0]), "E FATAL 28000 no PostgreSQL user name specified in startup packet");
        yield return Case("protocol 2.0", RawClient.Packet(2 << 16, new byte[288]), "E FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.0");
        yield return Case("protocol 4.0", RawClient.Startup(4 << 16, "user", "x"), "E FATAL 0A000 unsupported frontend protocol 4.0: server supports 3.0 to 3.0");
        yield return Case("cancel request too long", RawClient.Packet(StartupPacket.CancelRequestCode, new byte[9]), BadLength);
        yield return Case("bad replication", RawClient.Startup(Protocol3, "user", "postgres", "replication", "maybe"), "E FATAL 22023 invalid value for parameter \"replication\": \"maybe\"");
        yield return Case("a replication slot's worth of options", RawClient.Startup(Protocol3, "user", "postgres", "options", "-Z"), "E FATAL 42601 invalid command-line argument for server process: -Z");

        static TestCaseData Case(string name, ReadOnlySpan<byte> bytes, string answer) => new TestCaseData(bytes.ToArray(), answer).SetName("Refused: " + name);
    }

    [TestCaseSource(nameof(Refused))]
    public void A_first_packet_that_is_none_is_refused_and_the_connection_ends(byte[] bytes, string answer)
    {
        foreach (bool tcp in new[] { false, true })
        {
            using RawClient client = Connect(tcp);
            Assert.That(client.Send(bytes).ReadUntilReady(), Is.EqualTo(new[] { answer, "end" }), tcp ? "TCP" : "Unix socket");
        }
        Hostile.AskWitness();
    }

    [Test]
    public void Random_bytes_as_first_packets_end_their_own_connection_only()
    {
        Random random = Seed.New();
        for (int i = 0; i < 300; i++)
        {
            using RawClient client = Connect(tcp: i % 2 == 0);
            byte[] bytes = new byte[random.Next(4, 400)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
                RawClient.Int32(bytes.Length).CopyTo(bytes, 0); // its length is right, nothing else
            if (random.Next(3) == 0 && bytes.Length >= 8)
                RawClient.Int32(Protocol3).CopyTo(bytes, 4);
            List<string> said = client.TrySend(bytes).EndSending().ReadUntilReady();
            Assert.That(said[^1], Is.EqualTo("end"), Convert.ToHexString(bytes));
        }
        Hostile.AskWitness();
    }

    [Test]
    public void A_truncated_packet_is_dropped_when_its_sender_leaves_or_dawdles()
    {
        byte[] whole = RawClient.Startup(Protocol3, "user", "postgres", "database", "postgres");
        for (int length = 0; length < whole.Length; length += 5)
        {
            using RawClient client = Connect(tcp: length % 2 == 0);
            Assert.That(client.Send(whole.AsSpan(0, length)).EndSending().ReadUntilReady(), Is.EqualTo(new[] { "end" }));
        }
        using HostileNode impatient = new("authentication_timeout=1s");
        long start = Stopwatch.GetTimestamp();
        using RawClient dawdler = RawClient.Tcp(impatient.Node);
        Assert.That(dawdler.Send(whole.AsSpan(0, 9)).ReadUntilReady(), Is.EqualTo(new[] { "end" }), "authentication_timeout");
        Assert.That(Stopwatch.GetElapsedTime(start), Is.InRange(TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(40)));
    }

    [Test]
    public void A_byte_at_a_time_is_a_packet_too()
    {
        foreach (bool tcp in new[] { false, true })
        {
            using RawClient slow = Connect(tcp);
            foreach (byte b in RawClient.Startup(Protocol3, "user", "postgres", "database", "postgres"))
                slow.Send(b);
            Assert.That(slow.ReadUntilReady(), Is.EqualTo(new[] { "Z" }));
            foreach (byte b in RawClient.Query("SELECT 1"))
                slow.Send(b);
            Assert.That(slow.ReadUntilReady(), Is.EqualTo(new[] { "T", "D", "C", "Z" }));
        }
    }

    [Test]
    public void Requests_for_encryption_are_refused_once_each()
    {
        using RawClient both = Connect(tcp: true);
        Assert.That(both.Send(RawClient.Packet(StartupPacket.SslRequestCode)).ReadByte(), Is.EqualTo('N'));
        Assert.That(both.Send(RawClient.Packet(StartupPacket.GssEncRequestCode)).ReadByte(), Is.EqualTo('N'));
        Assert.That(both.Send(RawClient.Startup(Protocol3, "user", "postgres")).ReadUntilReady(), Is.EqualTo(new[] { "Z" }));

        foreach ((int code, string shown, string name) in new[] { (StartupPacket.SslRequestCode, "1234.5679", "SSL request"), (StartupPacket.GssEncRequestCode, "1234.5680", "GSSAPI encryption request") })
        {
            using RawClient twice = Connect(tcp: false);
            Assert.That(twice.Send(RawClient.Packet(code)).ReadByte(), Is.EqualTo('N'));
            Assert.That(twice.Send(RawClient.Packet(code)).ReadUntilReady(), Is.EqualTo(new[] { $"E FATAL 0A000 unsupported frontend protocol {shown}: server supports 3.0 to 3.0", "end" }));

            using RawClient injected = Connect(tcp: true);
            injected.Send([.. RawClient.Packet(code), .. RawClient.Startup(Protocol3, "user", "postgres")]);
            Assert.That(injected.ReadUntilReady(), Is.EqualTo(new[] { $"E FATAL 08P01 received unencrypted data after {name}", "end" }));
        }
    }

    [Test]
    public void A_newer_minor_version_and_unknown_protocol_options_are_negotiated_down()
    {
        using RawClient newer = Connect(tcp: true);
        Assert.That(newer.Send(RawClient.Startup(3 << 16 | 99, "user", "postgres", "_pq_.unheard_of", "1")).ReadUntilReady(), Is.EqualTo(new[] { "v", "Z" }));
    }

    [Test]
    public void A_cancel_request_with_a_wrong_key_cancels_nobody()
    {
        using RawClient busy = RawClient.Session(Hostile.Node);
        foreach ((int pid, int key) in new[] { (busy.BackendPid, 0), (busy.BackendPid, -1), (-1, 0), (0, 0), (1, 1), (Hostile.Node.PostmasterPid!.Value, 0) })
        {
            using RawClient canceller = Connect(tcp: true);
            canceller.Send(RawClient.Packet(StartupPacket.CancelRequestCode, [.. RawClient.Int32(pid), .. RawClient.Int32(key)]));
            Assert.That(canceller.ReadUntilReady(), Is.EqualTo(new[] { "end" }));
        }
        Assert.That(busy.Send(RawClient.Query("SELECT count(*) FROM generate_series(1, 100000)")).ReadUntilReady(), Is.EqualTo(new[] { "T", "D", "C", "Z" }));
        Assert.That(Hostile.Node.Log, Does.Contain($"wrong key in cancel request for process {busy.BackendPid}"));
    }

    [Test]
    public void A_connection_that_is_reset_during_its_start_ends_alone()
    {
        for (int i = 0; i < 20; i++)
        {
            RawClient client = Connect(tcp: true);
            client.Send(RawClient.Startup(Protocol3, "user", "postgres"));
            client.Reset();
        }
        Hostile.AskWitness();
    }

    private RawClient Connect(bool tcp) => tcp ? RawClient.Tcp(Hostile.Node) : RawClient.Unix(Hostile.Node);
}
