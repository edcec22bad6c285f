using System.Security.Cryptography.X509Certificates;

namespace Pgrepl.WalSender.Auth;

/// <summary>Whom a client's certificate speaks of.</summary>
/// <remarks>Answers to be_tls_open_server's peer_cn, PostgreSQL 15, src/backend/libpq/be-secure-openssl.c.</remarks>
internal static class CertificateName
{
    private const string CommonName = "2.5.4.3";

    /// <summary>The first common name of the subject; <see langword="null"/>: there is none, or a NUL is in it, by which it could pass for a shorter one.</summary>
    public static string? Of(X509Certificate2 certificate)
    {
        string? name = certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false)
            .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)?.GetSingleElementValue();
        return name is null || name.Contains('\0', StringComparison.Ordinal) ? null : name;
    }
}
