using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

public sealed class SubjectNameTests
{
    [TestCase("CN=robot", "CN=robot")]
    [TestCase("CN=robot, OU=works, O=Example, C=DE", "CN=robot,OU=works,O=Example,C=DE")]
    [TestCase("O=\"A + B, \"\"C\"\"\", CN=#x\\", null)]
    [TestCase("CN=Zo\u00eb \u20ac", "CN=Zo\\C3\\AB \\E2\\82\\AC")]
    [TestCase("OID.1.2.3.4=unknown, CN=robot", null)]
    [TestCase("CN=one\nline", null)]
    public void A_subject_is_written_as_openssl_writes_it(string subject, string? expected)
    {
        using ECDsa key = ECDsa.Create();
        using X509Certificate2 certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        string? ours = SubjectName.OfCertificate(certificate.RawDataMemory.Span);
        Assert.That(ours, Is.EqualTo(AsOpensslSays(certificate)));
        if (expected is not null)
            Assert.That(ours, Is.EqualTo(expected));
    }

    [Test]
    public void What_is_no_certificate_or_has_no_subject_has_no_name()
    {
        Assert.That(SubjectName.OfCertificate([]), Is.Null);
        Assert.That(SubjectName.OfCertificate("nothing"u8), Is.Null);
        using ECDsa key = ECDsa.Create();
        using X509Certificate2 nameless = new CertificateRequest("", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        Assert.That(SubjectName.OfCertificate(nameless.RawDataMemory.Span), Is.Null);
    }

    private static string AsOpensslSays(X509Certificate2 certificate)
    {
        using Process openssl = Process.Start(new ProcessStartInfo("openssl", ["x509", "-noout", "-subject", "-nameopt", "RFC2253"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        openssl.StandardInput.Write(certificate.ExportCertificatePem());
        openssl.StandardInput.Close();
        string said = openssl.StandardOutput.ReadToEnd();
        openssl.WaitForExit();
        return said.Trim('\n')["subject=".Length..];
    }
}
