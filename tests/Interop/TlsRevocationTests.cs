using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;

namespace Pgrepl.Interop.Tests;

/// <summary>Certificates that were revoked: a node lets in whom PostgreSQL lets in, given the same files.</summary>
[Parallelizable(ParallelScope.Self)] // its tests change the settings of the two servers, one after the other
public sealed class TlsRevocationTests
{
    private const string Hba = "hostssl all all 127.0.0.0/8 trust clientcert=verify-ca";

    private TestCertificates _root = null!, _below = null!;
    private X509Certificate2 _revoked = null!;
    private TestNode _node = null!;
    private PostgresServer _postgres = null!;
    private string _address = "";
    private int _files;

    [OneTimeSetUp]
    public void Start()
    {
        _root = new TestCertificates("root");
        _below = new TestCertificates("below", _root);
        _postgres = PostgresServer.Primary(1);
        _address = _postgres.UseTls(_root, Hba);
        _postgres.Start();
        _node = TestNode.PrimaryWithPassword("secret");
        _root.Write("localhost", InData("server.crt"), InData("server.key")).Dispose();
        _root.WriteAuthority(InData("clients.crt"));
        File.WriteAllText(_node.Data.HbaFile, Hba + "\n" + File.ReadAllText(_node.Data.HbaFile));
        Configure("");
        _node.Start();
        _root.Write("good", InData("good.crt"), InData("good.key")).Dispose();
        _revoked = _root.Write("revoked", InData("revoked.crt"), InData("revoked.key"));
        _below.Write("lower", InData("lower.crt"), InData("lower.key")).Dispose();
        File.AppendAllText(InData("lower.crt"), _below.Authority.ExportCertificatePem() + "\n");
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _node?.Dispose();
        _postgres?.Dispose();
        _revoked?.Dispose();
        _below.Dispose();
        _root.Dispose();
    }

    [Test]
    public void Who_is_revoked_is_out_from_the_next_reload_on_and_nobody_else()
    {
        string belowAll = TestRevocations.Of(_below, []), rootOne = TestRevocations.Of(_root, [_revoked]);
        Use("ssl_crl_file", "");
        Expect("", ("revoked", true), ("lower", true));
        using (PgClient good = Connect("good"), old = Connect("revoked"))
        {
            UseFile(rootOne + belowAll);
            Expect("certificate revoked", ("good", true), ("revoked", false), ("lower", true));
            good.QueryOrThrow("SELECT 1").Dispose();
            old.QueryOrThrow("SELECT 1").Dispose();
        }
        UseFile(rootOne);
        Expect("unable to get certificate CRL", ("lower", false));
        UseFile(TestRevocations.Of(_root, [], toDays: -1));
        Expect("CRL has expired", ("good", false));

        string folder = Path.Combine(_postgres.Folder, "lists");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "one.crl"), rootOne);
        Build.Expect(Build.Run("openssl", ["rehash", folder]));
        Use("ssl_crl_dir", folder);
        Expect("certificate revoked", ("good", true), ("revoked", false));
    }

    [Test]
    public void A_list_that_is_out_of_date_forged_or_not_understood_clears_nobody()
    {
        using TestCertificates impostor = new("root");
        string belowAll = TestRevocations.Of(_below, []), good = File.ReadAllText(InData("good.crt"));
        string? why(string lists, string? certificate = null)
        {
            string path = Path.Combine(_node.Folder, "judged.crl");
            File.WriteAllText(path, lists);
            using RevocationStore store = RevocationStore.Load([_root.Authority.RawDataMemory], path, directory: null);
            return store.Refuses(X509Certificate2.CreateFromPem(certificate ?? good).RawDataMemory, [_below.Authority.RawDataMemory]) is var (reason, depth) ? $"{depth} {reason}" : null;
        }

        Assert.That(why(TestRevocations.Of(_root, [])), Is.Null);
        Assert.That(why(TestRevocations.Of(_root, [], fromDays: 1)), Is.EqualTo("0 CRL is not yet valid"));
        Assert.That(why(TestRevocations.Of(_root, [], toDays: -1)), Is.EqualTo("0 CRL has expired"));
        Assert.That(why(TestRevocations.Of(impostor, [])), Is.EqualTo("0 CRL signature failure"));
        Assert.That(why(belowAll), Is.EqualTo("0 unable to get certificate CRL"));
        Assert.That(why(TestRevocations.Of(_root, [], extension: "1.2.3.4 = critical,ASN1:NULL")), Is.EqualTo("0 unhandled critical CRL extension"));
        Assert.That(why(TestRevocations.Of(_root, [], extension: "issuingDistributionPoint = critical,@indirect")), Is.Not.Null);
        string delta = TestRevocations.Of(_root, [], fromDays: -1, extension: "2.5.29.27 = critical,ASN1:INTEGER:1"), folder = Path.Combine(_node.Folder, "deltas");
        Assert.That(() => why(TestRevocations.Of(_root, [_revoked]) + delta), Throws.TypeOf<CryptographicException>().With.Message.Contains("delta"), "OpenSSL would forget the list before it");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "delta.crl"), delta);
        Build.Expect(Build.Run("openssl", ["rehash", folder]));
        using (RevocationStore store = RevocationStore.Load([_root.Authority.RawDataMemory], file: null, folder))
            Assert.That(store.Refuses(X509Certificate2.CreateFromPem(good).RawDataMemory, [])?.Reason, Does.Contain("delta"));
        string lower = File.ReadAllText(InData("lower.crt"));
        Assert.That(why(TestRevocations.Of(_root, []) + belowAll, lower), Is.Null);
        Assert.That(why(TestRevocations.Of(_root, [_below.Authority]) + belowAll, lower), Is.EqualTo("1 certificate revoked"));
        Assert.That(why(TestRevocations.Of(_root, [], fromDays: -3) + TestRevocations.Of(_root, [_revoked]), File.ReadAllText(InData("revoked.crt"))), Is.EqualTo("0 certificate revoked"), "the newer list counts");
        Assert.That(why(TestRevocations.Of(_root, []), impostor.Authority.ExportCertificatePem()), Is.EqualTo("0 self-signed certificate"), "a list does not make an authority");
    }

    [Test]
    public void A_reload_with_a_file_that_cannot_be_used_changes_nothing()
    {
        UseFile(TestRevocations.Of(_root, [_revoked]));
        string missing = Path.Combine(_postgres.Folder, "missing.crl"), none = Path.Combine(_postgres.Folder, "none.crl"), broken = Path.Combine(_postgres.Folder, "broken.crl");
        File.WriteAllText(none, "nothing\n");
        File.WriteAllText(broken, TestRevocations.Of(_root, []).Replace("M", "N", StringComparison.Ordinal));
        foreach (string path in new[] { missing, none, broken })
        {
            Reload("ssl_crl_file", path);
            string words = $"LOG:  could not load SSL certificate revocation list file \"{path}\": ";
            Eventually.Holds(() => _node.Log.Contains(words, StringComparison.Ordinal) && _postgres.Log.Contains(words, StringComparison.Ordinal));
            Assert.That(Reason(_node.Log), Is.EqualTo(Reason(_postgres.Log)));

            string Reason(string log) => log[(log.LastIndexOf(words, StringComparison.Ordinal) + words.Length)..].Split('\n')[0];
        }
        Expect("certificate revoked", ("good", true), ("revoked", false));
    }

    /// <summary>Both servers let in whom they should, and ours says why it does not.</summary>
    private void Expect(string why, params (string Name, bool IsIn)[] certificates)
    {
        int before = _node.Log.Length;
        foreach ((string name, bool isIn) in certificates)
        {
            string? ours = WhyNot(Conninfo(name)), theirs = WhyNot(Theirs(name));
            Assert.That(ours is null, Is.EqualTo(isIn), $"{why}, {name}: {ours}");
            Assert.That(theirs is null, Is.EqualTo(isIn), $"{why}, {name}, PostgreSQL: {theirs}");
        }
        if (certificates.Any(c => !c.IsIn))
            Eventually.Holds(() => _node.Log.IndexOf(why, before, StringComparison.Ordinal) >= 0);
    }

    private static string? WhyNot(string conninfo)
    {
        try
        {
            PgClient.Connect(conninfo, TimeSpan.FromSeconds(20)).Dispose();
            return null;
        }
        catch (PgException refused)
        {
            return refused.Message;
        }
    }

    private void UseFile(string lists)
    {
        string path = Path.Combine(_postgres.Folder, $"{++_files}.crl");
        File.WriteAllText(path, lists);
        Use("ssl_crl_file", path);
    }

    private void Use(string setting, string path)
    {
        Reload(setting, path);
        Eventually.Holds(() => _node.Ask($"SHOW {setting}") == path && _postgres.Ask($"SHOW {setting}") == path);
    }

    private void Reload(string setting, string path)
    {
        Configure($"{setting} = '{path}'");
        _postgres.Configure("ssl_crl_file = ''", "ssl_crl_dir = ''", $"{setting} = '{path}'");
        _node.Ask("SELECT pg_reload_conf()");
        _postgres.Ask("SELECT pg_reload_conf()");
    }

    private void Configure(string line) => _node.Configure("listen_addresses = '127.0.0.1'", "ssl = true", "ssl_ca_file = 'clients.crt'", line);

    private PgClient Connect(string name) => PgClient.Connect(Conninfo(name), TimeSpan.FromSeconds(20));

    private string Conninfo(string name) => $"host=127.0.0.1 port={_node.Port} {Common(name)}";

    private string Theirs(string name) => $"host={_address} port=5432 {Common(name)}";

    private string Common(string name) => $"user=postgres dbname=postgres sslmode=require sslcert={InData(name + ".crt")} sslkey={InData(name + ".key")}";

    private string InData(string name) => Path.Combine(_node.Data.Path, name);
}
