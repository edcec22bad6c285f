using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Interop.Tests;

/// <summary>TLS that changes under a running node.</summary>
public sealed class TlsReloadTests
{
    private const string Secret = "an-open-secret";

    [Test]
    public void A_node_takes_new_files_at_a_reload_and_refuses_bad_ones()
    {
        using TestCertificates first = new("first"), second = new("second");
        using TestNode node = TestNode.PrimaryWithPassword(Secret);
        string certificate = Path.Combine(node.Data.Path, "server.crt"), key = Path.Combine(node.Data.Path, "server.key");
        string firstRoot = Path.Combine(node.Folder, "first.crt"), secondRoot = Path.Combine(node.Folder, "second.crt");
        first.WriteAuthority(firstRoot);
        second.WriteAuthority(secondRoot);
        Func<int> reloads = () => Regex.Count(node.Log, "received SIGHUP");
        string[] with = ["listen_addresses = '127.0.0.1'", "max_connections = 6", "ssl = true"];

        node.Configure(with);
        Assert.That(node.TryStart().Code, Is.Not.Zero);
        Assert.That(node.Log, Does.Contain($"FATAL:  could not load server certificate file \"{certificate}\": No such file or directory"));
        first.Write("localhost", certificate, key).Dispose();
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Assert.That(node.TryStart().Code, Is.Not.Zero);
        Assert.That(node.Log, Does.Contain($"FATAL:  private key file \"{key}\" has group or world access"));
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        node.Configure([.. with, "ssl_crl_file = 'revoked.crl'"]);
        Assert.That(node.TryStart().Code, Is.Not.Zero);
        Assert.That(node.Log, Does.Contain($"FATAL:  could not load SSL certificate revocation list file \"{Path.Combine(node.Data.Path, "revoked.crl")}\": No such file or directory"));
        node.Configure(with);
        node.Start();
        Assert.That(Psql($"sslmode=verify-full channel_binding=require sslrootcert={firstRoot}"), Is.EqualTo("1\n"));

        second.Write("localhost", certificate, key, HashAlgorithmName.SHA512).Dispose();
        Reload(with);
        Assert.That(Psql($"sslmode=verify-full channel_binding=require sslrootcert={secondRoot}"), Is.EqualTo("1\n"), "bound by the hash its signature has");
        Assert.That(Psql($"sslmode=verify-full sslrootcert={firstRoot}"), Does.Contain("certificate verify failed"));

        Reload([.. with, "ssl_min_protocol_version = 'TLSv1.3'"]);
        Assert.That(Psql("sslmode=require ssl_max_protocol_version=TLSv1.2"), Does.Contain("alert protocol version"));
        Reload([.. with, "ssl_key_file = 'elsewhere.key'"]);
        Eventually.Holds(() => node.Log.Contains($"LOG:  could not access private key file \"{Path.Combine(node.Data.Path, "elsewhere.key")}\": No such file or directory", StringComparison.Ordinal));
        Assert.That(Psql("sslmode=require"), Is.EqualTo("1\n"), "the old stays");

        using (PgClients three = new())
        {
            Assert.That(() => three.OpenUntilRefused(Conninfo("sslmode=require"), 4), Throws.Exception.With.Message.Contains("remaining connection slots are reserved"));
        }

        File.AppendAllText(node.Data.HbaFile, "hostssl all all 127.0.0.2/32 trust\n");
        Reload("listen_addresses = '127.0.0.1'", "max_connections = 6");
        Eventually.Holds(() => node.Log.Contains("hostssl record cannot match because SSL is disabled", StringComparison.Ordinal));
        Assert.That(Psql("sslmode=require"), Does.Contain("server does not support SSL, but SSL was required"));

        void Reload(params string[] lines)
        {
            node.Configure(lines);
            int before = reloads();
            node.Ask("SELECT pg_reload_conf()");
            Eventually.Holds(() => reloads() > before);
            node.Ask("SELECT 1");
        }

        string Conninfo(string extra) => $"host=127.0.0.1 port={node.Port} user=postgres dbname=postgres password={Secret} {extra}";
        string Psql(string extra)
        {
            (_, string output, string errors) = PostgresTools.Run("psql", "-X", "-w", "-At", "-d", Conninfo(extra), "-c", "SELECT 1");
            return output + errors;
        }
    }

    private sealed class PgClients : IDisposable
    {
        private readonly List<PgClient> _open = [];

        public void OpenUntilRefused(string conninfo, int most)
        {
            for (int i = 0; i < most; i++)
                _open.Add(PgClient.Connect(conninfo, TimeSpan.FromSeconds(20)));
        }

        public void Dispose() => _open.ForEach(client => client.Dispose());
    }
}
