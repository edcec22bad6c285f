using Pgrepl.Shared;
using Pgrepl.WalSender.Protocol;

namespace Pgrepl.WalSender.Tests;

[TestFixture]
public sealed class MessageReaderTests
{
    [Test]
    public void Messages_come_out_whole_however_they_arrive([Values(1, 2, 5, 7, 1000)] int step)
    {
        byte[] bytes = FrontendMessages.New().Query("SELECT 1").Sync().Message('d', new byte[3000]).Bytes;
        var reader = new MessageReader();
        var seen = new List<string>();
        for (int i = 0; i < bytes.Length; i += step)
        {
            reader.Append(bytes.AsSpan(i, Math.Min(step, bytes.Length - i)));
            while (reader.TryRead(out byte type, out ReadOnlySpan<byte> payload))
                seen.Add($"{(char)type}{payload.Length}");
        }
        Assert.That(seen, Is.EqualTo(new[] { "Q9", "S0", "d3000" }));
        Assert.That(reader.Buffered, Is.Zero);
    }

    [Test]
    public void Unknown_type_is_a_protocol_violation()
    {
        var reader = new MessageReader();
        reader.Append("G"u8);
        Assert.That(() => reader.TryRead(out _, out _), Throws.TypeOf<PgException>().With.Message.EqualTo("invalid frontend message type 71").And.Property("SqlState").EqualTo(SqlStates.ProtocolViolation));
    }

    [TestCase('Q', 3)]
    [TestCase('Q', -1)]
    [TestCase('S', 10005)]
    [TestCase('Q', 0x40000010)]
    public void Impossible_length_is_a_protocol_violation(char type, int length)
    {
        var reader = new MessageReader();
        reader.Append([(byte)type, .. FrontendMessages.Int32(length)]);
        Assert.That(() => reader.TryRead(out _, out _), Throws.TypeOf<PgException>().With.Message.EqualTo("invalid message length"));
    }

    [Test]
    public void Message_beyond_the_limit_is_skipped_and_the_next_one_is_read([Values(100, 5000)] int step)
    {
        byte[] bytes = FrontendMessages.New().Message('d', new byte[20_000]).Query("SELECT 1").Bytes;
        var reader = new MessageReader(maxMessageSize: 10_000);
        var seen = new List<string>();
        for (int i = 0; i < bytes.Length; i += step)
        {
            reader.Append(bytes.AsSpan(i, Math.Min(step, bytes.Length - i)));
            while (true)
                try
                {
                    if (!reader.TryRead(out byte type, out _))
                        break;
                    seen.Add($"{(char)type}");
                }
                catch (PgException error)
                {
                    seen.Add($"{error.SqlState} {(char)reader.LastType}");
                }
            Assert.That(reader.Buffered, Is.LessThan(10_100));
        }
        Assert.That(seen, Is.EqualTo(new[] { "54000 d", "Q" }));
    }

    [Test]
    public void Only_a_password_is_welcome_while_authenticating()
    {
        var reader = new MessageReader { Authenticating = true };
        reader.Append(FrontendMessages.New().Message('p', [65, 0]).Query("SELECT 1").Bytes);
        Assert.That(reader.TryRead(out byte type, out _), Is.True);
        Assert.That(type, Is.EqualTo((byte)'p'));
        Assert.That(() => reader.TryRead(out _, out _), Throws.TypeOf<PgException>().With.Message.EqualTo("expected SASL response, got message type 81"));
    }

    [Test]
    public void Password_is_no_message_of_a_session()
    {
        var reader = new MessageReader();
        reader.Append(FrontendMessages.New().Message('p', [65, 0]).Bytes);
        Assert.That(() => reader.TryRead(out _, out _), Throws.TypeOf<PgException>().With.Message.EqualTo("invalid frontend message type 112"));
    }
}
