using System.Runtime.InteropServices;
using System.Text;
using static Pgrepl.Shared.Native.CryptoCalls;

namespace Pgrepl.Shared.Native;

/// <summary>A certificate's subject as PostgreSQL writes it, letter for letter, since it is compared as a string: by OpenSSL.</summary>
/// <remarks>Source of truth: be_tls_open_server (peer_dn), PostgreSQL 15, src/backend/libpq/be-secure-openssl.c; XN_FLAG_RFC2253, X509_NAME_print_ex(3).</remarks>
public static class SubjectName
{
    /// <summary>RFC 2253's form, the last part first: <c>CN=robot,OU=works,O=Example</c>; what is not ASCII is escaped. <c>openssl x509 -noout -subject -nameopt RFC2253</c> prints the same.</summary>
    /// <param name="certificate">In DER.</param>
    /// <returns><see langword="null"/>: there is none, or OpenSSL 3 is not installed, or a NUL is in it, by which it could pass for a shorter one.</returns>
    public static string? OfCertificate(ReadOnlySpan<byte> certificate)
    {
        if (!NativeLibrary.TryLoad(Library, out _))
            return null;
        using CertificateHandle handle = CertificateHandle.Of(certificate);
        using BioHandle text = BIO_new(BIO_s_mem());
        if (handle.IsInvalid || text.IsInvalid || X509_NAME_print_ex(text, X509_get_subject_name(handle), 0, XN_FLAG_RFC2253) < 0)
            return null;
        StringBuilder name = new();
        Span<byte> part = stackalloc byte[512];
        while (BIO_read(text, part, part.Length) is var length and > 0)
            name.Append(Encoding.Latin1.GetString(part[..length]));
        return name.Length == 0 || name.ToString().Contains('\0', StringComparison.Ordinal) ? null : name.ToString();
    }
}
