using System.Security.Cryptography.X509Certificates;

namespace Pgrepl.Interop.Tests;

/// <summary>Certificate revocation lists of a test, made by the openssl command.</summary>
internal static class TestRevocations
{
    private const string Time = "yyyyMMddHHmmss'Z'";

    /// <summary>A list of this authority, in PEM.</summary>
    /// <param name="revoked">Certificates that it signed.</param>
    /// <param name="fromDays">When it begins, from now.</param>
    /// <param name="toDays">When it ends.</param>
    /// <param name="extension">A line of openssl.cnf; null: none.</param>
    public static string Of(TestCertificates authority, X509Certificate2[] revoked, int fromDays = -2, int toDays = 5, string? extension = null)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pgrepl-crl-");
        try
        {
            string file(string name) => Path.Combine(folder.FullName, name);
            authority.WriteAuthority(file("ca.crt"));
            authority.WriteKey(file("ca.key"));
            File.WriteAllLines(file("index.txt"), revoked.Select(c => $"R\t351231235959Z\t260101000000Z\t{c.SerialNumber}\tunknown\t/CN=x"));
            File.WriteAllText(file("cnf"), $"[d]\ndatabase = {file("index.txt")}\ndefault_md = sha256\n[x]\n{extension}\n[indirect]\nindirectCRL = TRUE\n");
            Build.Expect(Build.Run("openssl", ["ca", "-gencrl", "-config", file("cnf"), "-name", "d", "-cert", file("ca.crt"), "-keyfile", file("ca.key"), "-out", file("crl"),
                "-crl_lastupdate", DateTime.UtcNow.AddDays(fromDays).ToString(Time), "-crl_nextupdate", DateTime.UtcNow.AddDays(toDays).ToString(Time),
                .. extension is null ? Array.Empty<string>() : ["-crlexts", "x"]]));
            return File.ReadAllText(file("crl"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
