using System.Security.Cryptography.X509Certificates;
using Pgrepl.Shared.Native;

namespace Pgrepl.WalSender.Auth;

/// <summary>Whom a client's certificate speaks of.</summary>
/// <remarks>Answers to be_tls_open_server's peer_cn and peer_dn, PostgreSQL 15, src/backend/libpq/be-secure-openssl.c.</remarks>
internal static class CertificateName
{
    private const string CommonNameType = "2.5.4.3";

    /// <summary>The first common name of the subject; <see langword="null"/>: there is none, or a NUL is in it, by which it could pass for a shorter one.</summary>
    public static string? Common(X509Certificate2 certificate)
    {
        string? name = certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false)
            .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonNameType)?.GetSingleElementValue();
        return string.IsNullOrEmpty(name) || name.Contains('\0', StringComparison.Ordinal) ? null : name;
    }

    /// <summary>The whole subject, in the form of RFC 2253; <see langword="null"/>: there is none.</summary>
    public static string? Distinguished(X509Certificate2 certificate) => SubjectName.OfCertificate(certificate.RawDataMemory.Span);
}
