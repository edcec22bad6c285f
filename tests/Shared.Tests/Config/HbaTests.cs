using System.Net;
using Pgrepl.Shared.Config;

namespace Pgrepl.Shared.Tests.Config;

public sealed class HbaTests
{
    private const string Sample = """
        # TYPE  DATABASE        USER            ADDRESS                 METHOD
        local   all             postgres                                peer map=ops
        local   replication     all                                     ident
        hostssl "all"           all             all                     trust
        host    a,"b c"         "Joe",+ops \
                                                10.1.0.0/16             md5
        host    sameuser        all             192.168.1.0 255.255.255.0 password
        host    replication     repl            ::1/128                 scram-sha-256
        hostnossl all           all             127.0.0.1/32            reject
        hostgssenc all          all             all                     gss include_realm=0
        host    all             all             0.0.0.0/0               ldap ldapserver=x "ldapprefix=cn="
        """;

    private static HbaLine? Match(string? address, string database, string user, bool tls = false, bool replication = false) =>
        HbaFile.Parse(Sample, "f").Match(new HbaConnection(address is null, address is null ? null : IPAddress.Parse(address), tls, database, user, replication));

    [TestCase(null, "x", "postgres", false, false, 2, HbaMethod.Peer)]
    [TestCase(null, "", "any", false, true, 3, HbaMethod.Peer)] // ident on a socket is peer
    [TestCase("8.8.8.8", "all", "x", true, false, 4, HbaMethod.Trust)] // quoted: a database of that name
    [TestCase("10.1.2.3", "b c", "Joe", false, false, 5, HbaMethod.Md5)]
    [TestCase("10.1.2.3", "a", "ops", false, false, 5, HbaMethod.Md5)] // a role is a member of itself
    [TestCase("::ffff:10.1.2.3", "a", "Joe", false, false, 5, HbaMethod.Md5)]
    [TestCase("192.168.1.77", "me", "me", false, false, 7, HbaMethod.Password)]
    [TestCase("::1", "", "repl", false, true, 8, HbaMethod.ScramSha256)]
    [TestCase("127.0.0.1", "x", "y", false, false, 9, HbaMethod.Reject)]
    [TestCase("127.0.0.1", "x", "y", true, false, 11, HbaMethod.Ldap)]
    [TestCase("10.2.0.1", "replication", "repl", false, false, 11, HbaMethod.Ldap)]
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
        IReadOnlyList<HbaLine> lines = HbaFile.Parse(Sample, "f").Lines;
        Assert.That((lines[0].Map, lines[^1].Options["ldapprefix"]), Is.EqualTo(("ops", "cn=")));
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
    [TestCase("host all all 10/8 trust", "invalid IP address \"10\"")]
    [TestCase("host all all db.example.com trust", "host name \"db.example.com\" is not supported as an address")]
    [TestCase("host all all samenet trust", "address \"samenet\" is not supported")]
    [TestCase("host all all all secret", "invalid authentication method \"secret\"")]
    [TestCase("host all all all peer", "peer authentication is only supported on local sockets")]
    [TestCase("host all all all cert", "cert authentication is only supported on hostssl connections")]
    [TestCase("local all all gss", "gssapi authentication is not supported on local sockets")]
    [TestCase("local all all peer mapops", "authentication option not in name=value format: mapops")]
    [TestCase("local all all trust map=x", "authentication option \"map\" is only valid for authentication methods ident, peer, gssapi, sspi, and cert")]
    [TestCase("local all all trust x=y", "unrecognized authentication option name: \"x\"")]
    [TestCase("local @dbs all trust", "secondary authentication files are not supported: \"@dbs\"")]
    public void A_line_that_cannot_be_read_refuses_the_file(string line, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => HbaFile.Parse("local all all peer\n" + line, "f"))!;
        Assert.That((e.Line, e.Problem), Is.EqualTo((2, problem)));
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
