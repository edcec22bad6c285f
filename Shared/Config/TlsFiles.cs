using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Config;

/// <summary>What TLS needs of a node's files: the postmaster loads them to judge them, a session to use them.</summary>
/// <param name="certificate">With its private key.</param>
/// <param name="intermediates">What stands behind it in its file: sent along.</param>
/// <param name="authorities">Who may sign a client's certificate; <see langword="null"/>: clients are not asked for one.</param>
/// <param name="revocations">Judges a client's certificate once more, by the lists of revoked ones; <see langword="null"/>: there are no lists.</param>
/// <remarks>Source of truth: be_tls_init, PostgreSQL 15, src/backend/libpq/be-secure-openssl.c; check_ssl_key_file_permissions, be-secure-common.c.</remarks>
public sealed class TlsFiles(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection? authorities, RevocationStore? revocations, SslProtocols protocols) : IDisposable
{
    private const int GroupWriteOrExecute = 0b000_011_000, OthersAny = 0b000_000_111, GroupAny = 0b000_111_000;

    public X509Certificate2 Certificate => certificate;
    public X509Certificate2Collection Intermediates => intermediates;

    public X509Certificate2Collection? Authorities => authorities;

    public RevocationStore? Revocations => revocations;

    /// <summary>Versions between ssl_min_protocol_version and ssl_max_protocol_version.</summary>
    public SslProtocols Protocols => protocols;

    /// <exception cref="PgException">F0000: which file, and why it cannot be used.</exception>
    public static TlsFiles Load(SettingValues settings)
    {
        X509Certificate2Collection chain = Certificates(Path(settings, "ssl_cert_file"), "server certificate");
        string keyFile = Path(settings, "ssl_key_file");
        CheckKeyFile(keyFile);
        X509Certificate2 certificate = WithKey(chain[0], keyFile);
        chain.RemoveAt(0);
        SslProtocols versions = Versions(settings);
        X509Certificate2Collection? authorities = OptionalPath(settings, "ssl_ca_file") is { } file ? Certificates(file, "root certificate") : null;
        return new TlsFiles(certificate, chain, authorities, RevocationLists(settings, authorities ?? []), versions);
    }

    public void Dispose()
    {
        revocations?.Dispose();
        certificate.Dispose();
    }

    /// <summary>tls-server-end-point of RFC 5929: the certificate's hash by the algorithm it is signed with, MD5 and SHA-1 replaced by SHA-256.</summary>
    /// <returns><see langword="null"/>: the signature has no such algorithm (Ed25519), so there is nothing to bind to.</returns>
    public byte[]? EndPointHash() => certificate.SignatureAlgorithm.Value switch
    {
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.113549.1.1.11" or "1.2.840.10045.4.1" or "1.2.840.10045.4.3.2" => SHA256.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => SHA384.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => null,
    };

    /// <returns><see langword="null"/>: the setting is empty.</returns>
    private static string? OptionalPath(SettingValues settings, string name) => settings[name].Length > 0 ? Path(settings, name) : null;

    private static string Path(SettingValues settings, string name) => System.IO.Path.Combine(settings["data_directory"], settings[name]);

    private static X509Certificate2Collection Certificates(string path, string what)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(TryRead(path) ?? throw Unusable($"could not load {what} file \"{path}\": {FileCalls.Describe(FileCalls.ENOENT)}"));
        }
        catch (CryptographicException e)
        {
            throw Unusable($"could not load {what} file \"{path}\": {e.Message}");
        }
        return found.Count > 0 ? found : throw Unusable($"could not load {what} file \"{path}\": no certificate in it");
    }

    private static RevocationStore? RevocationLists(SettingValues settings, X509Certificate2Collection authorities)
    {
        string? file = OptionalPath(settings, "ssl_crl_file"), directory = OptionalPath(settings, "ssl_crl_dir");
        if (file is null && directory is null)
            return null;
        try
        {
            return RevocationStore.Load(authorities.Select(authority => authority.RawDataMemory), file, directory);
        }
        catch (CryptographicException e)
        {
            string where = directory is null ? $"file \"{file}\"" : file is null ? $"directory \"{directory}\"" : $"file \"{file}\" or directory \"{directory}\"";
            throw Unusable($"could not load SSL certificate revocation list {where}: {e.Message}");
        }
    }

    private static string? TryRead(string path) => DurableFile.TryRead(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static void CheckKeyFile(string path)
    {
        if (FileCalls.OwnerAndMode(path) is not var (owner, mode))
            throw Unusable($"could not access private key file \"{path}\": {FileCalls.Describe(FileCalls.ENOENT)}");
        if (!File.Exists(path))
            throw Unusable($"private key file \"{path}\" is not a regular file");
        if (owner != 0 && owner != (uint)ProcessCalls.EffectiveUserId)
            throw Unusable($"private key file \"{path}\" must be owned by the database user or root");
        bool ours = owner == (uint)ProcessCalls.EffectiveUserId && owner != 0;
        if ((mode & (ours ? GroupAny | OthersAny : GroupWriteOrExecute | OthersAny)) != 0)
            throw Unusable($"private key file \"{path}\" has group or world access",
                "File must have permissions u=rw (0600) or less if owned by the database user, or permissions u=rw,g=r (0640) or less if owned by root.");
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string keyFile)
    {
        string pem = TryRead(keyFile) ?? "";
        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
            throw Unusable($"private key file \"{keyFile}\" cannot be loaded because it requires a passphrase");
        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Unusable($"could not load private key file \"{keyFile}\": {e.Message}");
        }
    }

    private static SslProtocols Versions(SettingValues settings)
    {
        string min = settings["ssl_min_protocol_version"], max = settings["ssl_max_protocol_version"];
        SslProtocols found = (min == "TLSv1.2" ? SslProtocols.Tls12 : 0) | (max == "TLSv1.2" ? 0 : SslProtocols.Tls13);
        return found != 0 ? found : throw Unusable("could not set SSL protocol version range", "\"ssl_min_protocol_version\" cannot be higher than \"ssl_max_protocol_version\"");
    }

    private static PgException Unusable(string message, string? detail = null) => new(SqlStates.ConfigFileError, message, detail);
}
