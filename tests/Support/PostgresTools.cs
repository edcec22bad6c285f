namespace Pgrepl.TestSupport;

/// <summary>PostgreSQL 15's own programs, the judges of what we write and say.</summary>
public static class PostgresTools
{
    /// <summary>Their folder; PGREPL_PG15_BIN names another.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("PGREPL_PG15_BIN") is { Length: > 0 } folder ? folder : "/usr/lib/postgresql/15/bin";

    /// <summary>Path of a program; a missing one fails the test by name.</summary>
    public static string Find(string name)
    {
        string path = Path.Combine(Folder, name);
        if (!File.Exists(path))
            Assert.Fail($"{path} is needed: install Debian's postgresql-15 (and postgresql-client-15), or name its folder in PGREPL_PG15_BIN");
        return path;
    }

    /// <summary>Runs a program to its end, in PostgreSQL's own language and UTC.</summary>
    public static (int Code, string Output, string Errors) Run(string name, params IEnumerable<string> arguments) =>
        Build.Run(Find(name), arguments, environment: Neutral);

    /// <summary>As an ordinary user: initdb, postgres and pg_ctl refuse root.</summary>
    public static (int Code, string Output, string Errors) RunAsOwner(string name, params IEnumerable<string> arguments) => RunPathAsOwner(Find(name), arguments);

    /// <summary>A program of another folder.</summary>
    public static (int Code, string Output, string Errors) RunPathAsOwner(string path, params IEnumerable<string> arguments) =>
        Environment.IsPrivilegedProcess
            ? Build.Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments], environment: Neutral)
            : Build.Run(path, arguments, environment: Neutral);

    private static readonly Dictionary<string, string> Neutral = new() { ["LC_ALL"] = "C", ["TZ"] = "UTC" };
}
