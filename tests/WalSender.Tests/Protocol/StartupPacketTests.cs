using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Tests;

[TestFixture]
public sealed class StartupPacketTests
{
    [Test]
    public void Packet_is_taken_only_when_it_is_all_there()
    {
        byte[] packet = FrontendMessages.Startup("user", "alice");
        for (int i = 0; i < packet.Length; i++)
            Assert.That(StartupPacket.TryParse(packet.AsSpan(0, i), out _), Is.Null);
        StartupPacket parsed = StartupPacket.TryParse([.. packet, 1, 2, 3], out int consumed)!;
        Assert.That(consumed, Is.EqualTo(packet.Length));
        Assert.That((parsed.Kind, parsed.User, parsed.Database, parsed.Replication), Is.EqualTo((StartupKind.Session, "alice", "alice", ReplicationMode.None)));
    }

    [Test]
    public void Settings_come_out_of_options_and_of_the_packet()
    {
        StartupPacket packet = Parse("user", "u", "database", "d", "application_name", "app", "options", "-c wal_sender_timeout=5s --statement-timeout=1 -cDateStyle=ISO\\,\\ MDY", "TimeZone", "UTC");
        Assert.That(packet.Settings.Select(s => $"{s.Key}={s.Value}"),
            Is.EqualTo(new[] { "wal_sender_timeout=5s", "statement_timeout=1", "DateStyle=ISO, MDY", "application_name=app", "TimeZone=UTC" }));
    }

    [TestCase("true", ReplicationMode.Physical)]
    [TestCase("on", ReplicationMode.Physical)]
    [TestCase("1", ReplicationMode.Physical)]
    [TestCase("YES", ReplicationMode.Physical)]
    [TestCase("false", ReplicationMode.None)]
    [TestCase("0", ReplicationMode.None)]
    [TestCase("database", ReplicationMode.Database)]
    public void Replication_is_a_boolean_or_database(string value, object mode)
    {
        StartupPacket packet = Parse("user", "u", "database", "d", "replication", value);
        Assert.That(packet.Replication, Is.EqualTo((ReplicationMode)mode));
        Assert.That(packet.Database, Is.EqualTo((ReplicationMode)mode == ReplicationMode.Physical ? "" : "d"));
    }

    [Test]
    public void Newer_minor_version_and_unknown_options_are_negotiated()
    {
        byte[] packet = FrontendMessages.Startup("user", "u", "_pq_.wonder", "1");
        packet[7] = 2; // 3.2
        StartupPacket parsed = StartupPacket.TryParse(packet, out _)!;
        Assert.That(parsed.NeedsNegotiation, Is.True);
        Assert.That(parsed.UnknownProtocolOptions, Is.EqualTo(new[] { "_pq_.wonder" }));
        var writer = new MessageWriter();
        writer.NegotiateProtocolVersion(parsed.UnknownProtocolOptions);
        Assert.That(Convert.ToHexString(writer.Pending.Span), Is.EqualTo("76" + "00000018" + "00030000" + "00000001" + Convert.ToHexString("_pq_.wonder\0"u8)));
    }

    [Test]
    public void Requests_are_told_by_their_codes()
    {
        Assert.That(Request(StartupPacket.SslRequestCode).Kind, Is.EqualTo(StartupKind.SslRequest));
        Assert.That(Request(StartupPacket.GssEncRequestCode).Kind, Is.EqualTo(StartupKind.GssEncRequest));
        StartupPacket cancel = Request(StartupPacket.CancelRequestCode, 4711, -2);
        Assert.That((cancel.Kind, cancel.CancelPid, cancel.CancelKey), Is.EqualTo((StartupKind.CancelRequest, 4711, -2)));
    }

    [TestCase("0000000300030000", SqlStates.ProtocolViolation, "invalid length of startup packet")]
    [TestCase("0000271500030000", SqlStates.ProtocolViolation, "invalid length of startup packet")]
    [TestCase("FFFFFFFF00030000", SqlStates.ProtocolViolation, "invalid length of startup packet")]
    [TestCase("0000000900020000" + "00", SqlStates.FeatureNotSupported, "unsupported frontend protocol 2.0: server supports 3.0 to 3.0")]
    [TestCase("0000000900040001" + "00", SqlStates.FeatureNotSupported, "unsupported frontend protocol 4.1: server supports 3.0 to 3.0")]
    [TestCase("0000000900030000" + "00", SqlStates.InvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet")]
    [TestCase("0000000D00030000" + "7573657200", SqlStates.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")]
    [TestCase("0000000F00030000" + "75736572007500", SqlStates.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")]
    [TestCase("0000001204D2162E" + "00000000000000000000", SqlStates.ProtocolViolation, "invalid length of startup packet")]
    public void Bad_packet_is_refused_in_PostgreSQLs_words(string hex, string sqlState, string message)
    {
        PgException error = Assert.Throws<PgException>(() => StartupPacket.TryParse(Convert.FromHexString(hex), out _))!;
        Assert.That((error.SqlState, error.Message), Is.EqualTo((sqlState, message)));
    }

    [Test]
    public void Replication_value_that_is_neither_is_refused() =>
        Assert.That(() => Parse("user", "u", "replication", "maybe"), Throws.TypeOf<PgException>().With.Message.EqualTo("invalid value for parameter \"replication\": \"maybe\""));

    [Test]
    public void Long_names_are_cut_to_63_bytes_between_characters()
    {
        StartupPacket packet = Parse("user", new string('ä', 40));
        Assert.That(packet.User, Is.EqualTo(new string('ä', 31)));
    }

    private static StartupPacket Parse(params string[] namesAndValues) => StartupPacket.TryParse(FrontendMessages.Startup(namesAndValues), out _)!;

    private static StartupPacket Request(int code, params int[] rest)
    {
        byte[] body = [.. FrontendMessages.Int32(code), .. rest.SelectMany(FrontendMessages.Int32)];
        return StartupPacket.TryParse((byte[])[.. FrontendMessages.Int32(body.Length + 4), .. body], out _)!;
    }
}
