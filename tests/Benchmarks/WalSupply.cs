using Pgrepl.Wal;

namespace Pgrepl.Benchmarks;

/// <summary>A PostgreSQL 15 whose WAL holds so many gigabytes (10^9 bytes) of small rows, kept by slots at its beginning.</summary>
internal sealed class WalSupply : IDisposable
{
    private const string Slot = "start";

    public WalSupply(double gigabytes)
    {
        Server = PostgresServer.Primary(16, "max_wal_size = 100GB", "wal_keep_size = 100GB", "checkpoint_timeout = 1h", "max_wal_senders = 40", "max_replication_slots = 40", "autovacuum = off").Start();
        Server.Ask("CREATE TABLE filler (n bigint, text text)");
        Server.Ask($"SELECT pg_create_physical_replication_slot('{Slot}', true)");
        Server.Ask("SELECT pg_switch_wal()");
        Start = new Lsn(Lsn.Parse(Server.Ask($"SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = '{Slot}'")).Value / (16 << 20) * (16 << 20));
        Empty = Server.Backup("fsync = on", "recovery_min_apply_delay = '10d'", "wal_retrieve_retry_interval = 100ms");
        while (Size < gigabytes * 1e9)
            Server.Ask("INSERT INTO filler SELECT i, md5(i::text) FROM generate_series(1, 1000000) i");
        End = Lsn.Parse(Server.Ask("SELECT pg_switch_wal()"));
        End = new Lsn(End.Value / (16 << 20) * (16 << 20));
        Server.Ask("CHECKPOINT");
        Console.WriteLine($"{Size / 1e9:0.00} GB of WAL, from {Start} to {End}");
    }

    public PostgresServer Server { get; }

    /// <summary>A backup of before the WAL, not started; a standby of it replays nothing for ten days.</summary>
    public PostgresServer Empty { get; }

    public Lsn Start { get; }

    /// <summary>A segment's start: everything before is durable.</summary>
    public Lsn End { get; private set; } = Lsn.Invalid;

    public double Size => (End.IsValid ? End : Lsn.Parse(Server.Ask("SELECT pg_current_wal_lsn()"))).BytesSince(Start);

    /// <summary>The files between, oldest first.</summary>
    public IEnumerable<string> SegmentFiles
    {
        get
        {
            for (Lsn at = Start; at < End; at += WalFormat.DefaultSegmentSize)
                yield return Path.Combine(Server.Data, "pg_wal", WalSegment.Containing(at, new TimelineId(1), WalFormat.DefaultSegmentSize).FileName(WalFormat.DefaultSegmentSize));
        }
    }

    /// <summary>A slot at the beginning, for one run.</summary>
    public string NewSlot()
    {
        string name = $"run_{Guid.NewGuid():N}"[..20];
        Server.Ask($"SELECT pg_copy_physical_replication_slot('{Slot}', '{name}')");
        return name;
    }

    public void Dispose()
    {
        Empty.Dispose();
        Server.Dispose();
    }
}
