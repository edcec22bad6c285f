namespace Pgrepl.Shared.Config;

/// <param name="What">A column of pg_settings; <c>name</c>: PostgreSQL 15 has no such row.</param>
public sealed record SettingDeviation(string Name, string What, string PostgreSql, string Ours, string Why);

/// <summary>Where a row of the table is not the row of PostgreSQL 15's pg_settings, and why. A running PostgreSQL checks in the tests that these are all.</summary>
public static class SettingDeviations
{
    private const string Utf8 = "A node keeps, takes and sends text in UTF-8.";
    private const string Old = "TLS 1.0 and 1.1 are broken.";
    private const string Hidden = "PostgreSQL shows it by SHOW alone.";

    public static IReadOnlyList<SettingDeviation> All { get; } =
    [
        new("client_encoding", "boot_val", "SQL_ASCII", "UTF8", Utf8),
        new("full_page_writes", "context", "sighup", "internal", "A node writes no pages."),
        new("IntervalStyle", "enumvals", "postgres,postgres_verbose,sql_standard,iso_8601", "postgres", "Intervals are printed in this style alone."),
        new("is_superuser", "name", "", "is_superuser", Hidden),
        new("reserved_connections", "name", "", "reserved_connections", "PostgreSQL 15 reserves superuser_reserved_connections for superusers, which all users of a node are. Here they are kept for the operator: whoever comes over a Unix-domain socket as the server's own operating-system user, or as root."),
        new("server_encoding", "boot_val", "SQL_ASCII", "UTF8", Utf8),
        new("server_version", "boot_val", "15.18 (Debian 15.18-0+deb12u1)", "15.18", "The suffix is Debian's."),
        new("session_authorization", "name", "", "session_authorization", Hidden),
        new("ssl_max_protocol_version", "enumvals", ",TLSv1,TLSv1.1,TLSv1.2,TLSv1.3", ",TLSv1.2,TLSv1.3", Old),
        new("ssl_min_protocol_version", "enumvals", "TLSv1,TLSv1.1,TLSv1.2,TLSv1.3", "TLSv1.2,TLSv1.3", Old),
        new("TimeZone", "boot_val", "GMT", "UTC", "Its own name for the same time."),
        new("unix_socket_directories", "boot_val", "/var/run/postgresql", "/tmp", "/tmp is PostgreSQL's own default, the other Debian's."),
        new("wal_buffers", "boot_val", "-1", "512", "There are no shared buffers to take a share of."),
        new("wal_level", "boot_val", "replica", "logical", "Everything is logged that a logical decoder needs."),
        new("wal_level", "context", "postmaster", "internal", "There is no choice of it."),
    ];
}
