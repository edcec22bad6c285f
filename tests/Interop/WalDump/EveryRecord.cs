using System.Text.RegularExpressions;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>WAL of a real PostgreSQL with a record of every type that one writes; the scripts in Workload/ say which statement makes which.</summary>
/// <remarks>Segments of 1 MB. Timeline 1 begins under wal_level = minimal, goes on under logical, is torn once in the middle of a record, and ends in a promotion.
/// The cluster begins shortly before the ends of the first segments of its commit logs and multixacts, so that they are passed, and truncated, within seconds.</remarks>
internal sealed partial class EveryRecord : IDisposable
{
    /// <summary>Bytes.</summary>
    public const int SegmentSize = 1 << 20;

    private static readonly string[] Scripts =
        ["heap", "transactions", "btree", "hash", "gin", "gist", "spgist", "brin", "checked", "cluster", "wraparound"];

    private readonly PostgresServer _server;

    private static readonly string[] Settings =
    [
        "autovacuum = off",
        "wal_level = minimal",
        "max_wal_senders = 0",
        "max_wal_size = 4GB",
        "checkpoint_timeout = 1h",
        "max_prepared_transactions = 10",
        "track_commit_timestamp = on",
        "wal_log_hints = on",
    ];

    private EveryRecord(int major)
    {
        string[] settings = major >= 15 ? [.. Settings, "allow_in_place_tablespaces = on"] : Settings;
        _server = major == PostgresMajor.LogCluster.Number ? PostgresServer.Primary(1, settings) : PostgresServer.OfMajor(major, settings);
    }

    /// <summary>pg_wal of the server, which is stopped.</summary>
    public string Wal => _server.Wal;

    /// <summary>Names of the first and the last segment of a timeline, 1 or 2.</summary>
    public (string First, string Last) Segments(int timeline)
    {
        string[] names = [.. Directory.GetFiles(Wal).Select(path => Path.GetFileName(path)).Where(name => SegmentName().IsMatch(name) && name.StartsWith($"{timeline:X8}", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        return (names[0], names[^1]);
    }

    /// <summary>To be started again, to ask it about its own WAL.</summary>
    public PostgresServer Server => _server;

    /// <summary>Runs the whole workload and stops the server.</summary>
    /// <param name="major">15: Debian's server; others: those of tests/get-postgres.sh.</param>
    public static EveryRecord Run(int major)
    {
        var made = new EveryRecord(major);
        try
        {
            made.Work();
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public void Dispose() => _server.Dispose();

    private void Work()
    {
        BeginBeforeTheEndOfSegments();
        _server.Start();
        Execute("minimal");
        _server.Stop();
        _server.Configure("wal_level = logical", "max_wal_senders = 4", "max_connections = 50");
        _server.Start();
        string outside = Path.Combine(_server.Folder, "tablespace"), inside = _server.Major >= 15 ? "" : Path.Combine(_server.Folder, "inside");
        Build.Expect(PostgresTools.RunPathAsOwner("mkdir", outside, Path.Combine(_server.Folder, "inside")));
        foreach (string script in Scripts)
            Execute(script, $"tablespace={outside}", $"inside={inside}");
        TearARecord();
        _server.Promote(); // END_OF_RECOVERY
        _server.Ask("CREATE TABLE after_promotion AS SELECT 1 AS a");
        _server.Stop();
    }

    /// <summary>Transaction 1048320 begins a segment of pg_commit_ts and 1048576 one of pg_xact; multixact 2048 and member 1636 begin a page.</summary>
    private void BeginBeforeTheEndOfSegments()
    {
        using (FileStream status = File.OpenWrite(Path.Combine(_server.Data, "pg_xact", "0000")))
            status.SetLength(32 * 8192); // of the transactions that never were: in progress, so aborted
        ResetCounters.Write(_server, nextXid: 1_048_300, nextMulti: 2046, nextMember: 1630);
    }

    private void Execute(string script, params string[] variables)
    {
        string path = Path.Combine(Build.Root, "tests", "Interop", "WalDump", "Workload", script + ".sql");
        Build.Expect(PostgresTools.Run("psql", ["-X", "-q", "-d", _server.Conninfo, "-v", "ON_ERROR_STOP=1", .. variables.SelectMany(variable => new[] { "-v", variable }), "-f", path]));
    }

    /// <summary>The host dies, and with it the segments that a long record ends in: recovery says so in an OVERWRITE_CONTRECORD.</summary>
    private void TearARecord()
    {
        string first = _server.Ask("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")!;
        _server.Ask("SELECT pg_logical_emit_message(true, 'torn', repeat('x', 2000000))");
        _server.KillAll();
        foreach (string path in Directory.GetFiles(Wal).Where(path => SegmentName().IsMatch(Path.GetFileName(path)) && string.CompareOrdinal(Path.GetFileName(path), first) > 0))
            File.Delete(path);
        _server.Start();
    }

    [GeneratedRegex("^[0-9A-F]{24}$")]
    private static partial Regex SegmentName();
}
