using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Pgrepl.Shared.Native;

namespace Pgrepl.WalSender.Tls;

/// <summary>Whether the certificate that a client has shown is taken: .NET judges its chain, then OpenSSL does with the lists of revoked ones, and both must agree.</summary>
/// <param name="chain">As .NET built it from what the client sent.</param>
/// <param name="errors">What .NET finds wrong.</param>
/// <remarks>Words: verify_cb, PostgreSQL 16, src/backend/libpq/be-secure-openssl.c; 15 does not say why.</remarks>
internal sealed class ClientCertificateCheck(X509Certificate2 shown, X509Chain? chain, SslPolicyErrors errors)
{
    /// <returns>Why not, for the log; <see langword="null"/>: it is taken.</returns>
    public string? Refuses(RevocationStore? revocations)
    {
        if (errors != SslPolicyErrors.None)
            return FromChain();
        if (revocations is null)
            return null;
        IEnumerable<ReadOnlyMemory<byte>> above = chain?.ChainElements.Skip(1).Select(element => element.Certificate.RawDataMemory) ?? [];
        return revocations.Refuses(shown.RawDataMemory, above) is var (reason, depth) ? Words(reason, depth) : null;
    }

    private string FromChain()
    {
        for (int depth = 0; depth < (chain?.ChainElements.Count ?? 0); depth++)
            if (chain!.ChainElements[depth].ChainElementStatus is [var status, ..])
                return Words(status.StatusInformation.TrimEnd('.'), depth);
        return Words(errors.ToString(), 0);
    }

    private string Words(string reason, int depth)
    {
        X509Certificate2 failed = depth < (chain?.ChainElements.Count ?? 0) ? chain!.ChainElements[depth].Certificate : shown;
        return $"Client certificate verification failed at depth {depth}: {reason}.\n" +
            $"Failed certificate data (unverified): subject \"{Clean(failed.Subject)}\", serial number {failed.SerialNumber}, issuer \"{Clean(failed.Issuer)}\".";
    }

    /// <summary>The client wrote it: it shall not write lines of the log.</summary>
    private static string Clean(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
}
