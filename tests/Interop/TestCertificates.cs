using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pgrepl.Interop.Tests;

/// <summary>An authority of a test, its own root or below another, and what it signs.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _authority;
    private int _serial;

    public TestCertificates(string name, TestCertificates? above = null)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = DateTimeOffset.UtcNow.AddDays(9);
        _authority = above is null ? request.CreateSelfSigned(from, to) : above.Sign(request, from, to);
    }

    public X509Certificate2 Authority => _authority;

    public void WriteAuthority(string path) => File.WriteAllText(path, _authority.ExportCertificatePem() + "\n");

    public void WriteKey(string path) => File.WriteAllText(path, _key.ExportPkcs8PrivateKeyPem() + "\n");

    /// <summary>Writes a certificate and its key, which the owner alone may read.</summary>
    /// <param name="subject">The whole of it; null: the common name alone.</param>
    public X509Certificate2 Write(string commonName, string certificatePath, string keyPath, HashAlgorithmName? hash = null, string? subject = null)
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest(subject ?? $"CN={commonName}", key, hash ?? HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName(commonName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        X509Certificate2 signed = Sign(request, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(8));
        File.WriteAllText(certificatePath, signed.ExportCertificatePem() + "\n");
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.SetUnixFileMode(keyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return signed;
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset to) =>
        request.Create(_authority.SubjectName, X509SignatureGenerator.CreateForRSA(_key, RSASignaturePadding.Pkcs1), from, to, [1, (byte)++_serial]);

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }
}
