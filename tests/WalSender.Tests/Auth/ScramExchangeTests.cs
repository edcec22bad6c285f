using System.Security.Cryptography;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.WalSender.Auth;

namespace Pgrepl.WalSender.Tests.Auth;

/// <summary>The exchange with a client that knows what it does, and with clients that do not. PostgreSQL's own client is in Interop's PasswordTests.</summary>
public sealed class ScramExchangeTests
{
    private static readonly byte[] Certificate = SHA256.HashData("a certificate"u8);
    private static readonly ScramVerifier Verifier = ScramVerifier.TryParse(PgPassword.ToScram("pencil", "user"))!;

    [TestCase("n", false)]
    [TestCase("y", false)]
    [TestCase("p=tls-server-end-point", true)]
    public void The_right_password_is_let_in_and_the_server_proves_itself(string flag, bool tls)
    {
        ScramExchange exchange = New(tls, plus: tls);
        Client client = new(flag);
        string final = client.Final(exchange.Begin(client.First), "pencil", tls ? Certificate : []);
        Assert.That(exchange.Finish(final), Is.EqualTo(client.ServerProof));
    }

    [TestCase("pencils", false)]
    [TestCase("", false)]
    [TestCase("pencil", true)]
    public void A_wrong_password_and_a_role_that_is_not_there_are_not(string password, bool doomed)
    {
        ScramExchange exchange = New(doomed: doomed);
        Client client = new("n");
        Assert.That(exchange.Finish(client.Final(exchange.Begin(client.First), password, [])), Is.Null);
    }

    [Test]
    public void What_one_exchange_proved_proves_nothing_in_the_next()
    {
        ScramExchange first = New(), second = New();
        Client client = new("n");
        string final = client.Final(first.Begin(client.First), "pencil", []);
        second.Begin(client.First);
        Assert.That(Assert.Throws<PgException>(() => second.Finish(final))!.Detail, Is.EqualTo("Nonce does not match."));
    }

    [Test]
    public void A_proof_bound_to_another_certificate_is_a_man_in_the_middle()
    {
        ScramExchange exchange = New(tls: true, plus: true);
        Client client = new("p=tls-server-end-point");
        string final = client.Final(exchange.Begin(client.First), "pencil", SHA256.HashData("another"u8));
        Assert.That(Assert.Throws<PgException>(() => exchange.Finish(final))!.Message, Is.EqualTo("SCRAM channel binding check failed"));
    }

    [Test]
    public void A_client_that_was_told_of_no_channel_binding_where_there_is_one_is_a_downgrade()
    {
        PgException e = Assert.Throws<PgException>(() => New(tls: true).Begin(new Client("y").First))!;
        Assert.That((e.SqlState, e.Message), Is.EqualTo((SqlStates.InvalidAuthorizationSpecification, "SCRAM channel binding negotiation error")));
    }

    [TestCase("", "malformed SCRAM message", "Unexpected channel-binding flag \"0x00\".")]
    [TestCase("x,,n=,r=abc", "malformed SCRAM message", "Unexpected channel-binding flag \"x\".")]
    [TestCase("n;,n=,r=abc", "malformed SCRAM message", "Comma expected, but found character \";\".")]
    [TestCase("p=tls-unique,,n=,r=abc", "malformed SCRAM message", "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.")]
    [TestCase("n,a=me,n=,r=abc", "client uses authorization identity, but it is not supported", null)]
    [TestCase("n,x,n=,r=abc", "malformed SCRAM message", "Unexpected attribute \"x\" in client-first-message.")]
    [TestCase("n,,m=ext,n=,r=abc", "client requires an unsupported SCRAM extension", null)]
    [TestCase("n,,r=abc", "malformed SCRAM message", "Expected attribute \"n\" but found \"r\".")]
    [TestCase("n,,n=u", "malformed SCRAM message", "Attribute expected, but found end of string.")]
    [TestCase("n,,n=,r=a\u007fc", "non-printable characters in SCRAM nonce", null)]
    [TestCase("n,,n=,r=abc,=", "malformed SCRAM message", "Attribute expected, but found invalid character \"=\".")]
    [TestCase("n,,n=,r=abc,x:", "malformed SCRAM message", "Expected character \"=\" for attribute \"x\".")]
    [TestCase("n,,n=,r=abc,", "malformed SCRAM message", "Attribute expected, but found end of string.")]
    public void A_first_message_that_is_none_is_refused(string message, string error, string? detail)
    {
        PgException e = Assert.Throws<PgException>(() => New().Begin(message))!;
        Assert.That((e.Message, e.Detail), Is.EqualTo((error, detail)));
    }

    [TestCase("c=eSws,r={r},p={p}", "unexpected SCRAM channel-binding attribute in client-final-message", null)]
    [TestCase("r={r},p={p}", "malformed SCRAM message", "Expected attribute \"c\" but found \"r\".")]
    [TestCase("c=biws,r={r}", "malformed SCRAM message", "Attribute expected, but found end of string.")]
    [TestCase("c=biws,r={r}x,p={p}", "invalid SCRAM response", "Nonce does not match.")]
    [TestCase("c=biws,r={r},p=AAAA", "malformed SCRAM message", "Malformed proof in client-final-message.")]
    [TestCase("c=biws,r={r},p=*", "malformed SCRAM message", "Malformed proof in client-final-message.")]
    [TestCase("c=biws,r={r},p={p},x=y", "malformed SCRAM message", "Garbage found at the end of client-final-message.")]
    public void A_final_message_that_is_none_is_refused(string message, string error, string? detail)
    {
        ScramExchange exchange = New();
        string nonce = exchange.Begin("n,,n=,r=abc").Split(',')[0][2..];
        PgException e = Assert.Throws<PgException>(() => exchange.Finish(message.Replace("{r}", nonce).Replace("{p}", Convert.ToBase64String(new byte[32]))))!;
        Assert.That((e.Message, e.Detail), Is.EqualTo((error, detail)));
    }

    private static ScramExchange New(bool tls = false, bool plus = false, bool doomed = false)
    {
        ChannelBinding bindings = new(tls ? Certificate : null);
        bindings.Choose(plus ? ChannelBinding.Plus : ChannelBinding.Plain);
        return new ScramExchange(Verifier, doomed, bindings);
    }

    /// <summary>The client's half of RFC 5802, written from the RFC.</summary>
    private sealed class Client(string flag)
    {
        private const string Bare = "n=,r=fyko+d2lbbFgONRv9qkxdawL";

        public string First => $"{flag},,{Bare}";
        public string? ServerProof { get; private set; }

        public string Final(string serverFirst, string password, byte[] binding)
        {
            Dictionary<char, string> fields = serverFirst.Split(',').ToDictionary(f => f[0], f => f[2..]);
            byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(fields['s']), int.Parse(fields['i']), HashAlgorithmName.SHA256, 32);
            byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
            string withoutProof = $"c={Convert.ToBase64String([.. Encoding.UTF8.GetBytes($"{flag},,"), .. binding])},r={fields['r']}";
            byte[] message = Encoding.UTF8.GetBytes($"{Bare},{serverFirst},{withoutProof}");
            byte[] signature = HMACSHA256.HashData(SHA256.HashData(clientKey), message);
            ServerProof = $"v={Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message))}";
            return $"{withoutProof},p={Convert.ToBase64String([.. clientKey.Zip(signature, (a, b) => (byte)(a ^ b))])}";
        }
    }
}
