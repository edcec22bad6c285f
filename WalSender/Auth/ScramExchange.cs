using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.WalSender.Auth;

/// <summary>The server's side of one SCRAM-SHA-256 exchange. It knows no socket: a client's message goes in, the answer comes out.</summary>
/// <param name="verifier">Of the role.</param>
/// <param name="doomed">The verifier is made up: whatever the client proves, it is wrong. It gets the same answers, so that it does not learn which roles there are.</param>
/// <param name="bindings">What binds the exchange to the encrypted connection beneath it.</param>
/// <remarks>Source of truth: RFC 5802, RFC 7677; scram_exchange, PostgreSQL 15, src/backend/libpq/auth-scram.c (texts of the errors).</remarks>
internal sealed class ScramExchange(ScramVerifier verifier, bool doomed, ChannelBinding bindings)
{
    /// <summary>SCRAM_RAW_NONCE_LEN, bytes; in base64 on the wire.</summary>
    private const int NonceSize = 18;

    private readonly string _serverNonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceSize));

    private string _gs2Header = "";
    private string _clientFirstBare = "";
    private string _serverFirst = "";
    private string _nonce = "";

    /// <summary>Takes client-first-message.</summary>
    /// <returns>server-first-message.</returns>
    /// <exception cref="PgException">08P01: not to be understood; 28000: no channel binding where there should be; 0A000: something that is not built.</exception>
    public string Begin(string clientFirst)
    {
        var message = new ScramAttributes(clientFirst);
        bindings.Judge(message);
        if (message.Peek == 'a')
            throw new PgException(SqlStates.FeatureNotSupported, "client uses authorization identity, but it is not supported");
        message.Expect(',', $"Unexpected attribute \"{ScramAttributes.Shown(message.Peek)}\" in client-first-message.");
        _gs2Header = clientFirst[..message.Position];
        _clientFirstBare = clientFirst[message.Position..];
        if (message.Peek == 'm')
            throw new PgException(SqlStates.FeatureNotSupported, "client requires an unsupported SCRAM extension");
        _ = message.Read('n'); // the user name of the start-up packet counts
        string clientNonce = message.Read('r');
        if (clientNonce.Any(c => c is < '!' or > '~'))
            throw new PgException(SqlStates.ProtocolViolation, "non-printable characters in SCRAM nonce");
        while (!message.AtEnd)
            _ = message.ReadAny(); // extensions: none is known
        _nonce = clientNonce + _serverNonce;
        _serverFirst = string.Create(CultureInfo.InvariantCulture, $"r={_nonce},s={Convert.ToBase64String(verifier.Salt.Span)},i={verifier.Iterations}");
        return _serverFirst;
    }

    /// <summary>Takes client-final-message.</summary>
    /// <returns>server-final-message, the server's own proof; <see langword="null"/>: the password is wrong.</returns>
    /// <exception cref="PgException">08P01: not to be understood; 28000: bound to another connection.</exception>
    public string? Finish(string clientFinal)
    {
        var message = new ScramAttributes(clientFinal);
        bindings.Check(message.Read('c'), _gs2Header);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(message.Read('r')), Encoding.UTF8.GetBytes(_nonce)))
            throw new PgException(SqlStates.ProtocolViolation, "invalid SCRAM response", "Nonce does not match.");
        int proofAt;
        (char Name, string Value) attribute;
        do
        {
            proofAt = message.Position - 1; // the comma before it
            attribute = message.ReadAny();
        }
        while (attribute.Name != 'p');
        byte[] proof = ScramAttributes.FromBase64(attribute.Value) is { Length: ScramVerifier.KeySize } bytes
            ? bytes : throw ScramAttributes.Malformed("Malformed proof in client-final-message.");
        if (!message.AtEnd)
            throw ScramAttributes.Malformed("Garbage found at the end of client-final-message.");

        byte[] authMessage = Encoding.Latin1.GetBytes($"{_clientFirstBare},{_serverFirst},{clientFinal[..proofAt]}");
        byte[] clientKey = HMACSHA256.HashData(verifier.StoredKey.Span, authMessage);
        for (int i = 0; i < clientKey.Length; i++)
            clientKey[i] ^= proof[i];
        bool right = CryptographicOperations.FixedTimeEquals(SHA256.HashData(clientKey), verifier.StoredKey.Span);
        return right && !doomed ? $"v={Convert.ToBase64String(HMACSHA256.HashData(verifier.ServerKey.Span, authMessage))}" : null;
    }
}
