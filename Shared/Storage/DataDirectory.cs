namespace Pgrepl.Shared.Storage;

/// <summary>The names inside a data directory. Nothing here looks at the disk.</summary>
/// <param name="Path">Absolute, without a slash at its end.</param>
/// <remarks>Names are PostgreSQL's: src/include/access/xlog.h, xlog_internal.h, miscadmin.h of PostgreSQL 15; recovery.conf is that of 11 and older.</remarks>
public sealed record DataDirectory(string Path)
{
    /// <summary>pg_wal: segments and timeline history files.</summary>
    public string Wal => In("pg_wal");

    public string ArchiveStatus => In("pg_wal/archive_status");
    public string ReplicationSlots => In("pg_replslot");

    /// <summary>pg_twophase: states of prepared transactions.</summary>
    public string TwoPhase => In("pg_twophase");

    public string Global => In("global");
    public string ControlFile => In("global/pg_control");
    public string PgVersion => In("PG_VERSION");

    /// <summary>What a relay has instead of pg_control.</summary>
    public string RelayFile => In("pgrepl.relay");

    /// <summary>When a relay received its WAL, for what it keeps by age.</summary>
    public string ReceivedTimes => In("pgrepl.received");

    /// <summary>The running node's pid and addresses, in PostgreSQL's line format.</summary>
    public string PostmasterPid => In(PostmasterPidFile.Name);

    /// <summary>Carries the lock that the postmaster and all its children hold.</summary>
    public string PostmasterLock => In("postmaster.lock");

    /// <summary>Its presence makes the node a standby.</summary>
    public string StandbySignal => In("standby.signal");

    /// <summary>With standby_mode = 'on' it makes the node a standby; at promotion it becomes <see cref="RecoveryDone"/>.</summary>
    public string RecoveryConf => In("recovery.conf");

    public string RecoveryDone => In("recovery.done");
    public string AutoConf => In("postgresql.auto.conf");

    /// <summary>pg_ctl promote leaves it before it signals the postmaster.</summary>
    public string PromoteFile => In("promote");

    /// <summary>A promotion under way: its new timeline and switch point. Removed when the promotion is complete.</summary>
    public string PromotingSignal => In("promoting.signal");

    /// <summary><see cref="Storage.DistrustedWal"/>.</summary>
    public string DistrustedWal => In("distrusted_wal");

    public string HbaFile => In("pg_hba.conf");
    public string IdentFile => In("pg_ident.conf");
    public string TomlFile => In("pgrepl.toml");

    /// <summary>Roles and their SCRAM verifiers.</summary>
    public string RoleFile => In("pgrepl.roles");

    /// <summary>Where a log file goes when one is asked for.</summary>
    public string LogDirectory => In("log");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
