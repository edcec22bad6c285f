using System.Security.Cryptography;
using System.Text;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Auth;

/// <summary>What SCRAM may rest on: the hash of the certificate that the connection beneath it was encrypted with, so that a man in the middle is found.</summary>
/// <param name="serverEndPoint">tls-server-end-point of RFC 5929: the hash of the server's certificate; <see langword="null"/>: the connection is not encrypted.</param>
/// <remarks>Source of truth: read_client_first_message, read_client_final_message, PostgreSQL 15, src/backend/libpq/auth-scram.c.</remarks>
internal sealed class ChannelBinding(byte[]? serverEndPoint)
{
    public const string Plain = "SCRAM-SHA-256";
    public const string Plus = "SCRAM-SHA-256-PLUS";

    private const string EndPointType = "tls-server-end-point";

    private bool _used;

    /// <summary>What AuthenticationSASL offers, best first.</summary>
    public IReadOnlyList<string> Mechanisms => serverEndPoint is null ? [Plain] : [Plus, Plain];

    /// <summary>The mechanism the client chose.</summary>
    /// <exception cref="PgException">08P01: it was not offered.</exception>
    public void Choose(string mechanism)
    {
        if (!Mechanisms.Contains(mechanism))
            throw new PgException(SqlStates.ProtocolViolation, "client selected an invalid SASL authentication mechanism");
        _used = mechanism == Plus;
    }

    /// <summary>Takes the flag that a client-first-message begins with, and its comma.</summary>
    public void Judge(ScramAttributes message)
    {
        char flag = message.Take();
        switch (flag)
        {
            case 'n' or 'y' when _used:
                throw ScramAttributes.Malformed("The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.");
            case 'n':
                break;
            case 'y' when serverEndPoint is not null:
                throw new PgException(SqlStates.InvalidAuthorizationSpecification, "SCRAM channel binding negotiation error",
                    "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.");
            case 'y':
                break;
            case 'p' when !_used:
                throw ScramAttributes.Malformed("The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.");
            case 'p':
                message.Expect('=', "Expected character \"=\" for attribute \"p\".");
                string type = "";
                while (message.Peek is not (',' or '\0'))
                    type += message.Take();
                if (type != EndPointType)
                    throw new PgException(SqlStates.ProtocolViolation, $"unsupported SCRAM channel-binding type \"{string.Concat(type.Select(ScramAttributes.Shown))}\"");
                break;
            default:
                throw ScramAttributes.Malformed($"Unexpected channel-binding flag \"{ScramAttributes.Shown(flag)}\".");
        }
        message.Expect(',', $"Comma expected, but found character \"{ScramAttributes.Shown(message.Peek)}\".");
    }

    /// <summary>Checks what client-final-message says it is bound to.</summary>
    /// <param name="attribute">The value of c=, in base64.</param>
    /// <param name="gs2Header">As the client-first-message had it.</param>
    public void Check(string attribute, string gs2Header)
    {
        byte[] header = Encoding.UTF8.GetBytes(gs2Header);
        string expected = Convert.ToBase64String(_used ? [.. header, .. serverEndPoint!] : header);
        if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(attribute), Encoding.UTF8.GetBytes(expected)))
            return;
        throw _used
            ? new PgException(SqlStates.InvalidAuthorizationSpecification, "SCRAM channel binding check failed")
            : new PgException(SqlStates.ProtocolViolation, "unexpected SCRAM channel-binding attribute in client-final-message");
    }
}
