using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;

namespace Pgrepl.WalSender.Tls;

/// <summary>Ends TLS in this process: the handshake, then bytes both ways between the client and <see cref="SessionEnd"/>, which the session uses as if it were the client's socket.</summary>
/// <remarks>Answers to be_tls_open_server, be_tls_read and be_tls_write, PostgreSQL 15, src/backend/libpq/be-secure-openssl.c. Why a pump: docs/decisions/0007.
/// Two loops on the thread pool, each with one buffer of its own; they end by end of file, and by nothing of the session's memory.</remarks>
internal sealed class TlsPump : IDisposable
{
    private const int BufferSize = 64 * 1024;

    /// <summary>How long what was written last may take to be sent.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    private readonly TlsFiles _files;
    private readonly bool _direct;
    private readonly Socket _client;
    private readonly Socket _inner;
    private readonly SslStream _tls;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Task _running;

    private TlsPump(Socket client, TlsFiles files, bool direct, ReadOnlyMemory<byte> received)
    {
        (_client, _files, _direct) = (client, files, direct);
        (SessionEnd, int pumpEnd) = SocketCalls.CreateStreamPair();
        _inner = new Socket(new SafeSocketHandle(pumpEnd, ownsHandle: true));
        _tls = new SslStream(new ClientStream(client, received));
        _running = Task.Run(RunAsync);
    }

    /// <summary>The session's socket. Readable without a byte: the client is gone, or the handshake failed.</summary>
    public int SessionEnd { get; }

    /// <summary>Why there was no handshake; <see langword="null"/>: there was, or it goes on.</summary>
    public string? Failure { get; private set; }

    /// <summary>What was wrong with the client's certificate, for the log alone; <see langword="null"/>: that was not the failure.</summary>
    public string? FailureDetail { get; private set; }

    /// <summary>Nothing of it runs any more: after <see cref="Dispose"/>, unless the client takes too long to read.</summary>
    public bool HasEnded => _running.IsCompleted;

    public TlsFiles Files => _files;

    /// <summary>The client's, which one of our authorities has signed; <see langword="null"/>: it has shown none.</summary>
    public X509Certificate2? ClientCertificate { get; private set; }

    /// <param name="direct">The client did not ask before: it must name the protocol by ALPN.</param>
    /// <param name="received">Bytes of the handshake that were received already.</param>
    public static TlsPump Start(Socket client, TlsFiles files, bool direct, ReadOnlyMemory<byte> received) => new(client, files, direct, received);

    /// <summary>Sends what the session has written, says goodbye, and ends. In mid-handshake there is nothing to send, so it waits for no client.</summary>
    public void Dispose()
    {
        _leaving.Cancel();
        SocketCalls.ShutDown(SessionEnd); // not closed yet: bytes it has not read would turn the end of file into an error
        _ = _running.Wait(DrainTime);
        Descriptors.Close(SessionEnd);
        _leaving.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await _tls.AuthenticateAsServerAsync(Options(), _leaving.Token).ConfigureAwait(false);
            if (_direct && _tls.NegotiatedApplicationProtocol != Protocol)
                throw new AuthenticationException("received direct SSL connection request without ALPN protocol negotiation extension");
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            Failure = FailureDetail is null ? (error.InnerException ?? error).Message : "certificate verify failed";
            _inner.Shutdown(SocketShutdown.Both);
            return;
        }
        catch (OperationCanceledException)
        {
            return; // the session has ended
        }
        Task toSession = ToSessionAsync();
        await ToClientAsync().ConfigureAwait(false);
        _ = toSession;
    }

    /// <summary>PostgreSQL 17's name of its protocol.</summary>
    private static SslApplicationProtocol Protocol { get; } = new("postgresql");

    private SslServerAuthenticationOptions Options() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(_files.Certificate, _files.Intermediates, offline: true),
        EnabledSslProtocols = _files.Protocols,
        ClientCertificateRequired = _files.Authorities is not null,
        CertificateChainPolicy = ClientPolicy(),
        RemoteCertificateValidationCallback = TakeClientCertificate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ApplicationProtocols = [Protocol],
        AllowRenegotiation = false,
        AllowTlsResume = false, // a process is one session: nobody could take up its ticket
    };

    /// <summary>No authority but ours, and nothing is looked up elsewhere.</summary>
    private X509ChainPolicy? ClientPolicy()
    {
        if (_files.Authorities is null)
            return null;
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(_files.Authorities);
        return policy;
    }

    /// <summary>None is as good as a valid one here: pg_hba.conf may ask for it. An invalid one ends the handshake.</summary>
    private bool TakeClientCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || _files.Authorities is null)
            return true;
        X509Certificate2 shown = new(certificate);
        FailureDetail = new ClientCertificateCheck(shown, chain, errors).Refuses(_files.Revocations);
        ClientCertificate = FailureDetail is null ? shown : null;
        return FailureDetail is null;
    }

    private async Task ToSessionAsync()
    {
        Memory<byte> buffer = new byte[BufferSize];
        try
        {
            while (await _tls.ReadAsync(buffer).ConfigureAwait(false) is var got and > 0)
                if (!await PassOnAsync(buffer[..got]).ConfigureAwait(false))
                    return;
            _inner.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            _inner.Shutdown(SocketShutdown.Both); // the client broke off
        }
    }

    /// <returns>False: the session has ended.</returns>
    private async ValueTask<bool> PassOnAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[await _inner.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task ToClientAsync()
    {
        Memory<byte> buffer = new byte[BufferSize];
        try
        {
            while (await _inner.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false) is var got and > 0)
                await _tls.WriteAsync(buffer[..got]).ConfigureAwait(false);
            await _tls.ShutdownAsync().ConfigureAwait(false);
            _client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            _inner.Shutdown(SocketShutdown.Both);
        }
    }

    private static bool IsOfTheConnection(Exception error) => error is IOException or SocketException or AuthenticationException or ObjectDisposedException or InvalidOperationException;
}
