using Pgrepl.Wal;

namespace Pgrepl.Benchmarks;

/// <summary>pgrepl waldump beside pg_waldump 15 over the same mixed WAL, as text and as statistics, both to /dev/null.</summary>
internal static class WaldumpBenchmark
{
    private const string Theirs = "pg_waldump", Ours = "pgrepl waldump";

    /// <summary>Inserts, updates on the page and off it, index entries, deletes, vacuum, bulk loads; a commit for each of the small ones.</summary>
    private static readonly string[] Mix =
    [
        "INSERT INTO filler SELECT i, i % 1000, md5(i::text) FROM generate_series(1, 200000) i",
        "UPDATE filler SET text = text || 'x' WHERE n % 4 = 0",
        "UPDATE filler SET k = k + 1 WHERE n % 8 = 1",
        "DO $$ BEGIN FOR i IN 1..20000 LOOP UPDATE counters SET value = value + 1 WHERE n = i % 100; COMMIT; END LOOP; END $$",
        "DELETE FROM filler WHERE n % 3 = 0",
        "VACUUM filler",
        "CREATE TABLE copy AS SELECT * FROM filler LIMIT 100000",
        "DROP TABLE copy",
        "CHECKPOINT",
    ];

    public static void Run(double gigabytes, int rounds)
    {
        using PostgresServer server = PostgresServer.Primary(16, "max_wal_size = 100GB", "wal_keep_size = 100GB", "checkpoint_timeout = 1h", "autovacuum = off", "fsync = off").Start();
        server.Ask("CREATE TABLE filler (n bigint, k int, text text)");
        server.Ask("CREATE INDEX ON filler (n)");
        server.Ask("CREATE INDEX ON filler (k)");
        server.Ask("CREATE TABLE counters AS SELECT n, 0 AS value FROM generate_series(0, 99) n");
        string first = server.Ask("SELECT pg_walfile_name(pg_switch_wal() + 16 * 1024 * 1024)")!;
        Lsn start = Lsn.Parse(server.Ask("SELECT pg_current_wal_lsn()"));
        Lsn end = start;
        for (int i = 0; end.BytesSince(start) < gigabytes * 1e9; i++)
        {
            server.Ask(Mix[i % Mix.Length]);
            end = Lsn.Parse(server.Ask("SELECT pg_current_wal_lsn()"));
        }
        string last = server.Ask("SELECT pg_walfile_name(pg_switch_wal())")!;
        server.Stop();
        double size = end.BytesSince(start);
        Console.WriteLine($"{size / 1e9:0.00} GB of WAL, {first} to {last}");

        Report report = new("seconds", "MB/s", "CPU s/GB");
        for (int round = 0; round < rounds; round++)
        {
            foreach (string option in new[] { "", " -z" })
            {
                Add(Theirs + option, $"'{PostgresTools.Find("pg_waldump")}'{option}");
                Add(Ours + option, $"'{Path.Combine(Build.Folder, "pgrepl")}' waldump{option}");
            }
        }
        report.PrintMedians();
        report.PrintRatio("text, MB/s, at least 3 wanted", Ours, Theirs, 1);
        report.PrintRatio("text, CPU seconds, at most 1 wanted", Ours, Theirs, 2);
        report.PrintRatio("-z, MB/s, at least 1.5 wanted", Ours + " -z", Theirs + " -z", 1);
        report.PrintRatio("-z, CPU seconds, at most 1 wanted", Ours + " -z", Theirs + " -z", 2);

        void Add(string name, string command)
        {
            (double seconds, double processor) = Timing.Run("/bin/sh", "-c", $"exec {command} -p '{server.Wal}' {first} {last} > /dev/null");
            report.Add(name, seconds, size / 1e6 / seconds, processor / (size / 1e9));
        }
    }
}
