using Pgrepl.Shared.Libpq;

namespace Pgrepl.TestSupport;

// Servers of tests/get-postgres.sh: initdb, pg_ctl and postgres of every major from 10 to 18, no client programs.
public sealed partial class PostgresServer
{
    private const string FolderVariable = "PGREPL_TEST_SERVERS";

    /// <summary>A fresh primary of any major that keeps 1 GB of WAL; not started. 10 has segments of 16 MB, as it was built; the others of 1 MB.</summary>
    /// <param name="settings">Lines for postgresql.conf.</param>
    public static PostgresServer OfMajor(int major, params string[] settings)
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named ? named : Path.Combine(Build.Root, "tests", "Postgres");
        string programs = Path.Combine(folder, "node_modules", $"pg{major}", "native", "bin");
        if (!File.Exists(Path.Combine(programs, "postgres")))
            Assert.Fail($"PostgreSQL {major} is needed in {programs}: run tests/get-postgres.sh (with {FolderVariable}, if it is set here)");
        return new PostgresServer(programs, major).Initialised(SegmentMegabytesOf(major), settings);
    }

    public int SegmentSize => int.Parse(Ask("SELECT setting::bigint * CASE unit WHEN '8kB' THEN 8192 ELSE 1 END FROM pg_settings WHERE name = 'wal_segment_size'")!);

    /// <summary>Says how much WAL stays for nobody in particular: a size, before 13 a number of segments.</summary>
    public string KeepSetting => Major >= 13 ? "wal_keep_size" : "wal_keep_segments";

    private static int SegmentMegabytesOf(int major) => major == 10 ? 16 : 1;

    /// <summary>A base backup: pg_basebackup of 15 knows no newer server.</summary>
    private void CopyTo(PostgresServer copy)
    {
        (string start, string stop) = Major >= 15
            ? ("pg_backup_start('copy', true)", "pg_backup_stop(false)")
            : ("pg_start_backup('copy', true, false)", "pg_stop_backup(false, false)");
        using PgClient session = PgClient.Connect(Conninfo, TimeSpan.FromSeconds(60));
        session.QueryOrThrow($"SELECT {start}").Dispose();
        Build.Expect(PostgresTools.RunPathAsOwner("/bin/cp", "-a", Data, copy.Data));
        using PgResult label = session.QueryOrThrow($"SELECT labelfile FROM {stop}");
        foreach (string file in Directory.GetFiles(copy.Wal))
            File.Delete(file);
        File.Delete(Path.Combine(copy.Data, "postmaster.pid"));
        foreach (string slot in Directory.GetDirectories(Path.Combine(copy.Data, "pg_replslot")))
            Directory.Delete(slot, recursive: true);
        copy.Put("backup_label", label.Value(0, 0)!);
    }
}
