using System.Net;

namespace Pgrepl.Interop.Tests;

/// <summary>A real PostgreSQL of a test that is reached by TLS.</summary>
internal static class PostgresWithTls
{
    /// <summary>It gets a certificate for <c>localhost</c>, an authority for those of clients, and these lines as its pg_hba.conf behind one for its socket. It must not run yet.</summary>
    /// <returns>An address of 127.0.0.0/8 of its own, where it listens on its usual port.</returns>
    public static string UseTls(this PostgresServer server, TestCertificates authority, params string[] lines)
    {
        string at(string name) => Path.Combine(server.Data, name);
        authority.Write("localhost", at("server.crt"), at("server.key")).Dispose();
        authority.WriteAuthority(at("clients.crt"));
        if (Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", at("server.crt"), at("server.key"), at("clients.crt")]));
        File.WriteAllLines(at("pg_hba.conf"), ["local all all trust", "local replication all trust", .. lines]);
        string address = new IPAddress([127, .. Enumerable.Range(0, 3).Select(_ => (byte)Random.Shared.Next(1, 255))]).ToString();
        server.Configure($"listen_addresses = '{address}'", "ssl = on", "ssl_ca_file = 'clients.crt'");
        return address;
    }
}
