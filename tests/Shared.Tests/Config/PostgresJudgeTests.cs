using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Tests.Libpq;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>A running PostgreSQL 15 says what is right: its grammar of configuration files, its pg_settings.</summary>
public sealed partial class PostgresJudgeTests
{
    private RealPostgres _postgres = null!;

    private string AutoConf => $"{_postgres.DataDirectory}/postgresql.auto.conf";

    [OneTimeSetUp]
    public void Start() => _postgres = new RealPostgres();

    [OneTimeTearDown]
    public void Stop() => _postgres.Dispose();

    /// <summary>Each stands behind a name and says what pg_file_settings shows; together they are one file.</summary>
    private const string Values = """
        t.a = 'on'
        t.a 'on'
        t.a='it''s'
          t.a   =	5   # comment
        T.A = '#no comment' #comment
        port 5433
        port=5433#
        t.a = ''
        t.a = 'a\\b\'c\nd\te\rf\bg\fh\qi'
        t.a = '\101\7x\1234\60'
        t.a = '\303\251 é'
        t.a = 'ab\0cd'
        t.é = é
        t.a_1 = _x1
        t.a = a-b.c:d/e
        t.a = a.b.c
        t.a = a:b
        t.a = no/where
        t.a = 1GB
        t.a = -1
        t.a = +0x1Fms
        t.a = 0xzz
        t.a = 1.5
        t.a = .5
        t.a = -.
        t.a = 1.
        t.a = 1.5e3
        t.a = 1.5E-3
        t.a = off
        t.a = 'a"b'

        # only a comment
        include_if_exists = 'none.conf'
        include 'more.cfg'
        Include_Dir 'conf.d'
        t.a = 'the end'	
        """;

    [Test]
    public void Values_are_read_as_PostgreSQL_reads_them()
    {
        string folder = _postgres.DataDirectory;
        Directory.CreateDirectory($"{folder}/conf.d");
        File.WriteAllText($"{folder}/more.cfg", "t.a = more\r\ninclude 'conf.d/b.conf'");
        File.WriteAllText($"{folder}/conf.d/b.conf", "t.a = b\n");
        File.WriteAllText($"{folder}/conf.d/B.conf", "t.a = B\n");
        File.WriteAllText($"{folder}/conf.d/.hidden.conf", "t.a = hidden\n");
        File.WriteAllText($"{folder}/conf.d/a.conf~", "t.a = backup\n");
        File.WriteAllText(AutoConf, Values);

        string[] judged = Rows("SELECT sourcefile || ':' || sourceline || ' ' || name || '=' || setting FROM pg_file_settings WHERE sourcefile NOT LIKE '%/postgresql.conf' ORDER BY seqno");
        Assert.That(judged, Has.Length.GreaterThan(30));
        Assert.That(ConfFile.Parse(AutoConf, File.ReadAllBytes(AutoConf)).Select(e => $"{e.File}:{e.Line} {e.Name}={e.Value}"), Is.EqualTo(judged));
    }

    /// <summary>Each line is wrong in a way of its own.</summary>
    private const string Mistakes = """
        a
        a =
        a = # nothing
        a = 'x
        a = 'x''
        a = 'x\
        a = '
        a = 'x' y
        a = 'x' 'y'
        a = 'x'y
        a = b c
        a = b=c
        a = = b
        = 2
        1 = 2
        1a = 2
        'a' = 2
        a-b = 2
        a.b.c = 2
        .a = 2
        a. = 2
        a.1 = 2
        a = a.b
        a = host=b
        a = 1.5GB
        a = 1 GB
        a = 1e5
        a = 1_000
        a = +
        a = $x
        a = "x"
        a = 5;
        a = x*y
        a ++5
        a : b
        a = /tmp
        a = @
        a = (b)
        é
        é = ü ö
        [a]
        a = ''''
        a = '''
        """;

    [Test]
    public void Mistakes_are_told_in_PostgreSQLs_words()
    {
        File.WriteAllText(AutoConf, Mistakes + "\n");
        string log = _postgres.RunAsOwner("sh", "-c", $"'{RealPostgres.Binaries}/postgres' -D '{_postgres.DataDirectory}' -C port 2>&1; true");
        string[] judged = [.. log.Split('\n').Where(line => line.Contains("LOG:  syntax error")).Select(line => line[line.IndexOf("syntax error", StringComparison.Ordinal)..])];
        Assert.That(judged, Has.Length.EqualTo(Mistakes.Count(c => c == '\n')), log); // all but ''''
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfFile.Parse(AutoConf, File.ReadAllBytes(AutoConf)))!;
        Assert.That(e.Detail!.Split('\n').Prepend(e.Message), Is.EqualTo(judged));
    }

    private string[] Rows(string query)
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, TimeSpan.FromSeconds(10));
        using PgResult result = client.QueryOrThrow(query);
        return [.. Enumerable.Range(0, result.Rows).Select(row => result.Value(row, 0) ?? "")];
    }
}
