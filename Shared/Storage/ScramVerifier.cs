using System.Globalization;
using System.Security.Cryptography;

namespace Pgrepl.Shared.Storage;

/// <summary>What a server keeps of a password for SCRAM-SHA-256: enough to check it, not enough to log in with.</summary>
/// <param name="Salt">As the password was salted.</param>
/// <param name="StoredKey">SHA-256 of the client key, 32 bytes.</param>
/// <param name="ServerKey">32 bytes.</param>
/// <remarks>Text form <c>SCRAM-SHA-256$&lt;iterations&gt;:&lt;salt&gt;$&lt;StoredKey&gt;:&lt;ServerKey&gt;</c>, the three in base64, as in pg_authid.rolpassword.
/// Source of truth: parse_scram_secret, PostgreSQL 15, src/backend/libpq/auth-scram.c; RFC 5802, RFC 7677.</remarks>
public sealed record ScramVerifier(int Iterations, ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> StoredKey, ReadOnlyMemory<byte> ServerKey)
{
    /// <summary>SCRAM_DEFAULT_ITERATIONS of PostgreSQL 15.</summary>
    public const int DefaultIterations = 4096;

    /// <summary>SCRAM_DEFAULT_SALT_LEN, bytes.</summary>
    public const int SaltSize = 16;

    public const int KeySize = SHA256.HashSizeInBytes;

    private const string Scheme = "SCRAM-SHA-256$";

    /// <returns><see langword="null"/>: not a verifier.</returns>
    public static ScramVerifier? TryParse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
            return null;
        string[] parts = text[Scheme.Length..].Split(':', '$');
        if (parts.Length != 4 || text.AsSpan(Scheme.Length).IndexOf(':') != parts[0].Length
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) || iterations < 1)
            return null;
        try
        {
            ScramVerifier verifier = new(iterations, Convert.FromBase64String(parts[1]), Convert.FromBase64String(parts[2]), Convert.FromBase64String(parts[3]));
            return verifier.Salt.Length > 0 && verifier.StoredKey.Length == KeySize && verifier.ServerKey.Length == KeySize ? verifier : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>A record's own would print the keys.</summary>
    public override string ToString() => "SCRAM-SHA-256";

    public string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"{Scheme}{Iterations}:{Convert.ToBase64String(Salt.Span)}${Convert.ToBase64String(StoredKey.Span)}:{Convert.ToBase64String(ServerKey.Span)}");
}
