using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Pgrepl.Interop.Tests;

/// <summary>A client that begins with TLS without asking, as PostgreSQL 17's sslnegotiation=direct does.</summary>
internal sealed class TlsClient : IDisposable
{
    private readonly TcpClient _socket;
    private readonly SslStream _tls;

    /// <param name="alpn">The protocol it names; null: none.</param>
    public TlsClient(int port, string? alpn)
    {
        _socket = new TcpClient("127.0.0.1", port) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        _tls = new SslStream(_socket.GetStream());
        _tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = alpn is null ? null : [new SslApplicationProtocol(alpn)],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null, // whose it is, libpq judges in the other tests
        });
    }

    public void Send(byte[] bytes) => _tls.Write(bytes);

    /// <summary>Sends, and reads up to some bytes or the end.</summary>
    /// <returns>What came, a character each byte.</returns>
    public string TrySend(byte[] bytes, string? until = null)
    {
        var said = new StringBuilder();
        byte[] buffer = new byte[4096];
        try
        {
            _tls.Write(bytes);
            while ((until is null || !said.ToString().EndsWith(until, StringComparison.Ordinal)) && _tls.Read(buffer) is var got and > 0)
                said.Append(Encoding.Latin1.GetString(buffer, 0, got));
        }
        catch (IOException)
        {
            // The server has hung up: what it said before is the answer.
        }
        return said.ToString();
    }

    public void Dispose()
    {
        _tls.Dispose();
        _socket.Dispose();
    }
}
