using System.Net;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Tests.Storage;

namespace Pgrepl.Shared.Tests.Config;

public sealed class HbaTests
{
    private const string Sample = """
        # TYPE  DATABASE        USER            ADDRESS                 METHOD
        local   all             postgres                                peer map=ops
        local   replication     all                                     ident
        hostssl "all"           all             all                     trust
        host    a,"b c"         "Joe",+ops \
                                                10.1.0.0/16             scram-sha-256
        host    sameuser        all             192.168.1.0 255.255.255.0 trust
        host    replication     repl            ::1/128                 scram-sha-256
        hostnossl all           all             127.0.0.1/32            reject
        hostgssenc all          all             all                     trust
        host    all             all             0.0.0.0/0               scram-sha-256
        """;

    private static HbaLine? Match(string? address, string database, string user, bool tls = false, bool replication = false) =>
        HbaFile.Parse(Sample, "f").Match(new HbaConnection(address is null, address is null ? null : IPAddress.Parse(address), tls, database, user, replication));

    [TestCase(null, "x", "postgres", false, false, 2, HbaMethod.Peer)]
    [TestCase(null, "", "any", false, true, 3, HbaMethod.Peer)] // ident on a socket is peer
    [TestCase("8.8.8.8", "all", "x", true, false, 4, HbaMethod.Trust)] // quoted: a database of that name
    [TestCase("10.1.2.3", "b c", "Joe", false, false, 5, HbaMethod.ScramSha256)]
    [TestCase("10.1.2.3", "a", "ops", false, false, 5, HbaMethod.ScramSha256)] // a role is a member of itself
    [TestCase("::ffff:10.1.2.3", "a", "Joe", false, false, 5, HbaMethod.ScramSha256)]
    [TestCase("192.168.1.77", "me", "me", false, false, 7, HbaMethod.Trust)]
    [TestCase("::1", "", "repl", false, true, 8, HbaMethod.ScramSha256)]
    [TestCase("127.0.0.1", "x", "y", false, false, 9, HbaMethod.Reject)]
    [TestCase("127.0.0.1", "x", "y", true, false, 11, HbaMethod.ScramSha256)]
    [TestCase("10.2.0.1", "replication", "repl", false, false, 11, HbaMethod.ScramSha256)]
    public void The_first_line_that_matches_decides(string? address, string database, string user, bool tls, bool replication, int line, HbaMethod method)
    {
        HbaLine? found = Match(address, database, user, tls, replication);
        Assert.That((found?.LineNumber, found?.Method), Is.EqualTo(((int?)line, (HbaMethod?)method)));
    }

    [TestCase(null, "x", "other", false)]
    [TestCase("::1", "x", "repl", false)]
    [TestCase("10.1.2.3", "", "repl", true)] // all does not mean replication
    public void No_line_no_connection(string? address, string database, string user, bool replication) =>
        Assert.That(Match(address, database, user, replication: replication), Is.Null);

    [Test]
    public void Options_are_kept()
    {
        HbaLine[] lines = [.. HbaFile.Parse(Sample, "f").Lines];
        Assert.That((lines[0].Map, lines[1].Map), Is.EqualTo(("ops", (string?)null)));
    }

    [TestCase("remote all all all trust", "invalid connection type \"remote\"")]
    [TestCase("host", "end-of-line before database specification")]
    [TestCase("host all", "end-of-line before role specification")]
    [TestCase("host all all", "end-of-line before IP address specification")]
    [TestCase("local all all", "end-of-line before authentication method")]
    [TestCase("host all all 1.2.3.4", "end-of-line before netmask specification")]
    [TestCase("local,host all all trust", "multiple values specified for connection type")]
    [TestCase("host all all 10.0.0.0/33 trust", "invalid CIDR mask in address \"10.0.0.0/33\"")]
    [TestCase("host all all 10.0.0.0/ trust", "invalid CIDR mask in address \"10.0.0.0/\"")]
    [TestCase("host all all 10.0.0.0 ffff:: trust", "IP address and mask do not match")]
    [TestCase("host all all db.example.com/8 trust", "specifying both host name and CIDR mask is invalid: \"db.example.com/8\"")]
    [TestCase("host all all all secret", "invalid authentication method \"secret\"")]
    [TestCase("host all all all peer", "peer authentication is only supported on local sockets")]
    [TestCase("local all all gss", "invalid authentication method \"gss\": not supported by this build")]
    [TestCase("host all all all md5", "invalid authentication method \"md5\": not supported by this build")]
    [TestCase("host all all all password", "invalid authentication method \"password\": not supported by this build")]
    [TestCase("host all all all ldap ldapserver=x", "invalid authentication method \"ldap\": not supported by this build")]
    [TestCase("local all all peer mapops", "authentication option not in name=value format: mapops")]
    [TestCase("local all all trust map=x", "authentication option \"map\" is only valid for authentication methods ident, peer, gssapi, sspi, and cert")]
    [TestCase("local all all trust x=y", "unrecognized authentication option name: \"x\"")]
    public void A_line_that_cannot_be_read_refuses_the_file(string line, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => HbaFile.Parse("local all all peer\n" + line, "f"))!;
        Assert.That((e.Line, e.Problem), Is.EqualTo((2, problem)));
    }

    [Test]
    public void Other_files_are_included_and_lists_of_names_come_from_files()
    {
        using TestDirectory directory = new();
        string Put(string name, string text)
        {
            string path = Path.Combine(directory.Data.Path, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return path;
        }

        Put("dbs", "one, two # and\nthree\n@more");
        Put("more", "\"four\"");
        Put("conf.d/20.conf", "local all bob reject");
        Put("conf.d/10.conf", "local all bob peer map=m");
        Put("conf.d/.hidden.conf", "nonsense");
        Put("conf.d/30.txt", "nonsense");
        string main = Put("pg_hba.conf", "local @dbs alice trust\ninclude_dir conf.d\ninclude_if_exists nowhere\ninclude 'last'\nlocal all carol reject\n".Replace('\'', '"'));
        Put("last", "local all all trust\n");
        string text = HbaFile.ToText(File.ReadAllText(main), main);
        Directory.Delete(directory.Data.Path, recursive: true); // a session knows no file
        Directory.CreateDirectory(directory.Data.Path);
        HbaRules rules = HbaFile.FromText(text);
        (string?, int?) Line(string database, string user) =>
            rules.Match(new HbaConnection(true, null, false, database, user, false)) is { } line ? (Path.GetRelativePath(directory.Data.Path, line.File), line.LineNumber) : (null, null);
        foreach (string database in new[] { "one", "two", "three", "four" })
            Assert.That(Line(database, "alice"), Is.EqualTo(("pg_hba.conf", 1)), database);
        Assert.That(Line("other", "alice"), Is.EqualTo(("last", 1)));
        Assert.That(Line("any", "bob"), Is.EqualTo(("conf.d/10.conf", 1)));
        Assert.That(Line("any", "carol"), Is.EqualTo(("last", 1)), "an included file stands where it is included");
        Assert.That(rules.Lines.ElementAt(1).Map, Is.EqualTo("m"));
        Assert.That(rules.Lines.First().Raw, Is.EqualTo("local @dbs alice trust"));
    }

    [TestCase("include gone", "could not open file \"{0}/gone\": No such file or directory")]
    [TestCase("include_dir gone", "could not open configuration directory \"{0}/gone\": No such file or directory")]
    [TestCase("local @gone all trust", "could not open file \"{0}/gone\": No such file or directory")]
    [TestCase("include pg_hba.conf", "could not open file \"{0}/pg_hba.conf\": maximum nesting depth exceeded")]
    public void A_file_that_cannot_be_included_is_told(string line, string problem)
    {
        using TestDirectory directory = new();
        string path = Path.Combine(directory.Data.Path, "pg_hba.conf");
        File.WriteAllText(path, line);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => HbaFile.Parse(line, path))!;
        Assert.That(e.Problem, Is.EqualTo(problem.Replace("{0}", directory.Data.Path)));
    }

    [TestCase("all \"all\" a,\"b c\" \"quo\"\"ted\" +\"my role\" half\"quo ted\" back\\slash \"com,ma\" \"\"")]
    public void What_a_session_reads_is_what_was_in_the_file(string fields)
    {
        List<AuthLine> lines = AuthTokens.Read($"# one\n{fields}\n", "dir/a \"file\"");
        List<AuthLine> again = AuthLine.FromText(AuthLine.ToText(lines));
        Assert.That(again.Select(l => (l.File, l.Number, l.Raw)), Is.EqualTo(lines.Select(l => (l.File, l.Number, l.Raw))));
        Assert.That(again[0].Fields, Is.EqualTo(lines[0].Fields));
    }

    [Test]
    public void Samehost_is_this_host_samenet_its_networks_and_a_name_must_lead_back()
    {
        HbaRules rules = HbaFile.Parse("host one all samehost trust\nhost two all samenet trust\nhost three all localhost trust\nhost four all .example.com trust\n", "f");
        bool In(string database, string address) => rules.Match(new HbaConnection(false, IPAddress.Parse(address), false, database, "u", false)) is not null;
        Assert.That((In("one", "127.0.0.1"), In("one", "127.0.0.2"), In("one", "240.0.0.1")), Is.EqualTo((true, false, false)));
        Assert.That((In("two", "127.0.0.2"), In("two", "240.0.0.1")), Is.EqualTo((true, false)));
        Assert.That((In("three", "127.0.0.1"), In("three", "240.0.0.1"), In("four", "127.0.0.1")), Is.EqualTo((true, false, false)), "the hosts file names 127.0.0.1");
    }

    [Test]
    public void A_file_without_lines_is_refused() =>
        Assert.That(Assert.Throws<ConfigurationException>(() => HbaFile.Parse("# nothing\n", "f"))!.Problem, Is.EqualTo("contains no entries"));

    [TestCase("ops", "root", "postgres", true)]
    [TestCase("ops", "root", "root", false)]
    [TestCase("ops", "bob@example.com", "bob", true)]
    [TestCase("ops", "bob@example.com", "alice", false)]
    [TestCase("ops", "x-admin", "admin", true)]
    [TestCase("other", "root", "postgres", false)]
    [TestCase(null, "bob", "bob", true)]
    [TestCase("", "bob", "Bob", false)]
    public void An_ident_map_says_who_may_be_whom(string? map, string system, string database, bool allowed)
    {
        IdentMap ident = IdentMap.Parse("""
            # MAPNAME SYSTEM-USERNAME PG-USERNAME
            ops   root                     postgres
            ops   "/^(.*)@example\.com$"   \1
            ops   /-admin$                 admin
            """, "f");
        Assert.That(ident.Allows(map, system, database), Is.EqualTo(allowed));
    }

    [TestCase("ops root", "missing entry at end of line")]
    [TestCase("ops root,bob x", "multiple values in ident field")]
    [TestCase("ops /x \\1", "regular expression \"x\" has no subexpressions as requested by backreference in \"\\1\"")]
    public void A_bad_ident_line_is_told(string line, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => IdentMap.Parse(line, "f"))!;
        Assert.That((e.Line, e.Problem), Is.EqualTo((1, problem)));
    }

    [Test]
    public void A_bad_regular_expression_is_told() =>
        Assert.That(Assert.Throws<ConfigurationException>(() => IdentMap.Parse("ops /( x", "f"))!.Problem, Does.StartWith("invalid regular expression \"(\": "));
}
