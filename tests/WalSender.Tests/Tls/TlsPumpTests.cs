using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pgrepl.Shared.Config;
using Pgrepl.TestSupport;
using Pgrepl.WalSender.Tls;

namespace Pgrepl.WalSender.Tests.Tls;

public sealed class TlsPumpTests
{
    /// <summary>Nothing; the head of a record of a handshake that would be 512 bytes long.</summary>
    [TestCase(new byte[0])]
    [TestCase(new byte[] { 22, 3, 1, 2, 0, 1 })]
    public void A_session_that_ends_in_mid_handshake_waits_for_no_client(byte[] said)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        using Socket accepted = listener.AcceptSocket();
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using TlsFiles files = new(certificate, [], authorities: null, revocations: null, SslProtocols.Tls12 | SslProtocols.Tls13);
        client.GetStream().Write(said);

        TlsPump pump = TlsPump.Start(accepted, files, direct: false, default);
        Assert.That(pump.HasEnded, Is.False);
        pump.Dispose();
        Eventually.Holds(() => pump.HasEnded); // it gave up waiting
    }
}
