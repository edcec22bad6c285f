namespace Pgrepl.Shared.Config;

using static SettingContext;

/// <summary>Every setting there is. SHOW, pg_settings, the configuration files and the reference page are fed from here.</summary>
/// <remarks>Names, units, ranges and groups: pg_settings of PostgreSQL 15. Defaults that differ on purpose: sockets in /tmp, wal_buffers 4 MB, TimeZone UTC.
/// A value that nothing here follows is not among those allowed: IntervalStyle is postgres.
/// Settings in front of a dot are our own.</remarks>
public static partial class SettingsTable
{
    private const string Connections = "Connections and Authentication / Connection Settings";
    private const string Ssl = "Connections and Authentication / SSL";
    private const string Locale = "Client Connection Defaults / Locale and Formatting";
    private const string Statement = "Client Connection Defaults / Statement Behavior";
    private const string Files = "File Locations";
    private const string Preset = "Preset Options";
    private const string Sending = "Replication / Sending Servers";
    private const string Standby = "Replication / Standby Servers";
    private const string Checkpoints = "Write-Ahead Log / Checkpoints";
    private const string WalSettings = "Write-Ahead Log / Settings";
    private const string Archiving = "Write-Ahead Log / Archiving";
    private const string Own = "Customized Options";

    private static readonly string[] IsolationLevels = ["serializable", "repeatable read", "read committed", "read uncommitted"];

    /// <summary>In the order of the groups.</summary>
    public static IReadOnlyList<SettingDefinition> All { get; } = Numbered(
    [
        // Connections
        List("listen_addresses", "localhost", ',', Postmaster, Connections, "Sets the host name or IP address(es) to listen to."),
        Integer("port", 5432, 1, 65535, null, Postmaster, Connections, "Sets the TCP port the server listens on."),
        List("unix_socket_directories", "/tmp", ',', Postmaster, Connections, "Sets the directories where Unix-domain sockets will be created."),
        Integer("unix_socket_permissions", 511, 0, 511, null, Postmaster, Connections, "Sets the access permissions of the Unix-domain socket."),
        Integer("max_connections", 100, 1, 262143, null, Postmaster, Connections, "Sets the maximum number of concurrent connections."),
        Integer("reserved_connections", 3, 0, 262143, null, Postmaster, Connections, "Sets the number of connection slots reserved for the operator."),
        Integer("authentication_timeout", 60, 1, 600, "s", Sighup, "Connections and Authentication / Authentication", "Sets the maximum allowed time to complete client authentication."),

        Bool("ssl", false, Sighup, Ssl, "Enables SSL connections."),
        String("ssl_ca_file", "", Sighup, Ssl, "Location of the SSL certificate authority file."),
        String("ssl_cert_file", "server.crt", Sighup, Ssl, "Location of the SSL server certificate file."),
        String("ssl_crl_dir", "", Sighup, Ssl, "Location of the SSL certificate revocation list directory."),
        String("ssl_crl_file", "", Sighup, Ssl, "Location of the SSL certificate revocation list file."),
        String("ssl_key_file", "server.key", Sighup, Ssl, "Location of the SSL server private key file."),
        Enum("ssl_min_protocol_version", "TLSv1.2", ["TLSv1.2", "TLSv1.3"], Sighup, Ssl, "Sets the minimum SSL/TLS protocol version to use."),
        Enum("ssl_max_protocol_version", "", ["", "TLSv1.2", "TLSv1.3"], Sighup, Ssl, "Sets the maximum SSL/TLS protocol version to use."),

        // WAL
        Enum("wal_level", "logical", ["minimal", "replica", "logical"], Internal, WalSettings, "Sets the level of information written to the WAL."),
        Bool("full_page_writes", true, Internal, WalSettings, "Writes full pages to WAL when first modified after a checkpoint."),
        Enum("synchronous_commit", "on", ["local", "remote_write", "remote_apply", "on", "off"], User, WalSettings, "Sets the current transaction's synchronization level."),
        Integer("wal_buffers", 512, -1, 262143, "8kB", Postmaster, WalSettings, "Sets the number of disk-page buffers in shared memory for WAL."),
        Integer("wal_writer_delay", 200, 1, 10000, "ms", Sighup, WalSettings, "Time between WAL flushes performed in the WAL writer."),
        Integer("wal_writer_flush_after", 128, 0, int.MaxValue, "8kB", Sighup, WalSettings, "Amount of WAL written out by WAL writer that triggers a flush."),
        Integer("checkpoint_timeout", 300, 30, 86400, "s", Sighup, Checkpoints, "Sets the maximum time between automatic WAL checkpoints."),
        Integer("max_wal_size", 1024, 2, int.MaxValue, "MB", Sighup, Checkpoints, "Sets the WAL size that triggers a checkpoint."),
        Integer("min_wal_size", 80, 2, int.MaxValue, "MB", Sighup, Checkpoints, "Sets the minimum size to shrink the WAL to."),

        Enum("archive_mode", "off", ["always", "on", "off"], Postmaster, Archiving, "Allows archiving of WAL files using archive_command."),
        String("archive_command", "", Sighup, Archiving, "Sets the shell command that will be called to archive a WAL file."),
        String("restore_command", "", Sighup, "Write-Ahead Log / Archive Recovery", "Sets the shell command that will be called to retrieve an archived WAL file."),

        // Replication
        Integer("max_wal_senders", 10, 0, 262143, null, Postmaster, Sending, "Sets the maximum number of simultaneously running WAL sender processes."),
        Integer("max_replication_slots", 10, 0, 262143, null, Postmaster, Sending, "Sets the maximum number of simultaneously defined replication slots."),
        Integer("wal_keep_size", 0, 0, int.MaxValue, "MB", Sighup, Sending, "Sets the size of WAL files held for standby servers."),
        Integer("max_slot_wal_keep_size", -1, -1, int.MaxValue, "MB", Sighup, Sending, "Sets the maximum WAL size that can be reserved by replication slots."),
        Integer("wal_sender_timeout", 60000, 0, int.MaxValue, "ms", User, Sending, "Sets the maximum time to wait for WAL replication."),
        String("synchronous_standby_names", "", Sighup, "Replication / Primary Server", "Number of synchronous standbys and list of names of potential synchronous ones."),
        Bool("hot_standby", true, Postmaster, Standby, "Allows connections and queries during recovery."),
        Bool("hot_standby_feedback", false, Sighup, Standby, "Allows feedback from a hot standby to the primary that will avoid query conflicts."),
        String("primary_conninfo", "", Sighup, Standby, "Sets the connection string to be used to connect to the sending server."),
        String("primary_slot_name", "", Sighup, Standby, "Sets the name of the replication slot to use on the sending server."),
        String("promote_trigger_file", "", Sighup, Standby, "Specifies a file name whose presence ends recovery in the standby."),
        String("recovery_target_timeline", "latest", Postmaster, "Write-Ahead Log / Recovery Target", "Specifies the timeline to recover into."),
        Integer("wal_receiver_status_interval", 10, 0, 2147483, "s", Sighup, Standby, "Sets the maximum interval between WAL receiver status reports to the sending server."),
        Integer("wal_receiver_timeout", 60000, 0, int.MaxValue, "ms", Sighup, Standby, "Sets the maximum wait time to receive data from the sending server."),
        Integer("wal_retrieve_retry_interval", 5000, 1, int.MaxValue, "ms", Sighup, Standby, "Sets the time to wait before retrying to retrieve WAL after a failed attempt."),

        // Logging
        Enum("log_min_messages", "warning", ["debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"], Superuser, "Reporting and Logging / When to Log", "Sets the message levels that are logged."),
        String("application_name", "", User, "Reporting and Logging / What to Log", "Sets the application name to be reported in statistics and logs."),
        String("cluster_name", "", Postmaster, "Reporting and Logging / Process Title", "Sets the name of the cluster, which is included in the process title."),

        // Sessions
        Enum("client_min_messages", "notice", ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"], User, Statement, "Sets the message levels that are sent to the client."),
        Bool("default_transaction_read_only", false, User, Statement, "Sets the default read-only status of new transactions."),
        Enum("default_transaction_isolation", "read committed", IsolationLevels, User, Statement, "Sets the transaction isolation level of each new transaction."),
        Bool("default_transaction_deferrable", false, User, Statement, "Sets the default deferrable status of new transactions."),
        Bool("transaction_read_only", false, User, Statement, "Sets the current transaction's read-only status."),
        Enum("transaction_isolation", "read committed", IsolationLevels, User, Statement, "Sets the current transaction's isolation level."),
        Bool("transaction_deferrable", false, User, Statement, "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures."),
        Integer("statement_timeout", 0, 0, int.MaxValue, "ms", User, Statement, "Sets the maximum allowed duration of any statement."),
        Integer("lock_timeout", 0, 0, int.MaxValue, "ms", User, Statement, "Sets the maximum allowed duration of any wait for a lock."),
        Integer("idle_in_transaction_session_timeout", 0, 0, int.MaxValue, "ms", User, Statement, "Sets the maximum allowed idle time between queries, when in a transaction."),
        Integer("idle_session_timeout", 0, 0, int.MaxValue, "ms", User, Statement, "Sets the maximum allowed idle time between queries, when not in a transaction."),
        String("search_path", "\"$user\", public", User, Statement, "Sets the schema search order for names that are not schema-qualified."),
        Enum("bytea_output", "hex", ["escape", "hex"], User, Statement, "Sets the output format for bytea."),
        String("client_encoding", "UTF8", User, Locale, "Sets the client's character set encoding."),
        String("DateStyle", "ISO, MDY", User, Locale, "Sets the display format for date and time values."),
        Enum("IntervalStyle", "postgres", ["postgres"], User, Locale, "Sets the display format for interval values."),
        String("TimeZone", "UTC", User, Locale, "Sets the time zone for displaying and interpreting time stamps."),
        Integer("extra_float_digits", 1, -15, 3, null, User, Locale, "Sets the number of digits displayed for floating-point values."),
        Bool("standard_conforming_strings", true, User, "Version and Platform Compatibility / Previous PostgreSQL Versions", "Causes '...' strings to treat backslashes literally."),

        // Files
        String("data_directory", "", Postmaster, Files, "Sets the server's data directory."),
        String("hba_file", "", Postmaster, Files, "Sets the server's \"hba\" configuration file."),
        String("ident_file", "", Postmaster, Files, "Sets the server's \"ident\" configuration file."),

        // What the server says about itself
        Integer("block_size", 8192, 8192, 8192, null, Internal, Preset, "Shows the size of a disk block."),
        Integer("data_directory_mode", 448, 0, 511, null, Internal, Preset, "Shows the mode of the data directory."),
        Bool("in_hot_standby", false, Internal, Preset, "Shows whether hot standby is currently active."),
        Bool("integer_datetimes", true, Internal, Preset, "Shows whether datetimes are integer based."),
        Bool("is_superuser", true, Internal, Preset, "Shows whether the current user is a superuser."),
        String("server_encoding", "UTF8", Internal, Preset, "Shows the server (database) character set encoding."),
        String("server_version", Pgrepl.Wal.WalFormat.ServerVersion, Internal, Preset, "Shows the server version."),
        Integer("server_version_num", Pgrepl.Wal.WalFormat.ServerVersionNumber, Pgrepl.Wal.WalFormat.ServerVersionNumber, Pgrepl.Wal.WalFormat.ServerVersionNumber, null, Internal, Preset, "Shows the server version as an integer."),
        String("session_authorization", "", User, Preset, "Sets the session user name."),
        Integer("wal_block_size", 8192, 8192, 8192, null, Internal, Preset, "Shows the block size in the write ahead log."),
        Integer("wal_segment_size", Pgrepl.Wal.WalFormat.DefaultSegmentSize, 1 << 20, 1 << 30, "B", Internal, Preset, "Shows the size of write ahead log segments."),

        // Our own
        Integer("pgrepl.busy_poll", 0, 0, 10000, null, Sighup, Own, "Sets for how many microseconds a process looks for its next work before it sleeps, while work comes that often and no other process wants the processor. 0: not at all."),
        Integer("pgrepl.max_handshakes_per_address", 32, 0, 262143, null, Sighup, Own, "Sets how many clients of one TCP address (IPv6: of one /64) may be authenticating at a time; more wait for their turn, up to authentication_timeout. 0: no limit."),
        Integer("pgrepl.max_message_size", 16384, 64, 1044480, "kB", Sighup, Own, "Sets the largest message a peer can make this server hold in memory."),
        List("pgrepl.peers", "", ';', Sighup, Own, "Sets the connection strings of the other nodes of this cluster."),
        List("pgrepl.relay_keep", "1GB", ',', Sighup, Own, "Keeps at least so much WAL on a relay for whoever may come: a size, an age (of the time that the relay has run), or both; what is within either stays, until the disk is nearly full."),
        Bool("pgrepl.require_peer", false, Sighup, Own, "Refuses to start as a primary when no peer answers."),
    ]);

    private static readonly Dictionary<string, SettingDefinition> ByName = All.ToDictionary(d => d.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Upper and lower case are the same; <see langword="null"/>: there is none.</summary>
    public static SettingDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    /// <exception cref="PgException">42704 <c>unrecognized configuration parameter "x"</c>.</exception>
    public static SettingDefinition Get(string name) =>
        Find(name) ?? throw new PgException(SqlStates.UndefinedObject, $"unrecognized configuration parameter \"{name}\"");

    private static SettingDefinition Bool(string name, bool value, SettingContext context, string group, string description) =>
        new(name, SettingKind.Bool, null, value ? "on" : "off", 0, 0, [], null, context, group, description);

    private static SettingDefinition Integer(string name, int value, int min, int max, string? unit, SettingContext context, string group, string description) =>
        new(name, SettingKind.Integer, unit, value.ToString(System.Globalization.CultureInfo.InvariantCulture), min, max, [], null, context, group, description);

    private static SettingDefinition String(string name, string value, SettingContext context, string group, string description) =>
        new(name, SettingKind.String, null, value, 0, 0, [], null, context, group, description);

    private static SettingDefinition List(string name, string value, char separator, SettingContext context, string group, string description) =>
        new(name, SettingKind.String, null, value, 0, 0, [], separator, context, group, description);

    private static SettingDefinition Enum(string name, string value, string[] values, SettingContext context, string group, string description) =>
        new(name, SettingKind.Enum, null, value, 0, 0, values, null, context, group, description);

    private static SettingDefinition[] Numbered(SettingDefinition[] definitions)
    {
        for (int i = 0; i < definitions.Length; i++)
            definitions[i] = definitions[i] with { Index = i };
        return definitions;
    }
}
