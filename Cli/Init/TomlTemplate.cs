namespace Pgrepl.Cli.Init;

/// <summary>The first pgrepl.toml of a node: every key a comment, with its default.</summary>
internal static class TomlTemplate
{
    /// <param name="settings">TOML of the caller's, put before the first table.</param>
    internal static string Text(string settings) => $"""
        # Configuration of this node. Keys are PostgreSQL's settings with PostgreSQL's units, defaults and ranges; a line that starts with # shows a default.
        # "pgrepl reload" applies what can change while the node runs; -c NAME=VALUE at start goes above this file.

        {settings.TrimEnd()}
        # Where it listens
        #listen_addresses = "localhost"          # "" : the Unix socket alone
        #port = 5432
        #unix_socket_directories = "/tmp"
        #max_connections = 100                   # SQL sessions
        #max_wal_senders = 10                    # streams

        # Write-ahead log
        #wal_keep_size = "0"                     # kept for standbys that fall behind, for instance "1GB"
        #max_wal_size = "1GB"
        #checkpoint_timeout = "5min"
        #synchronous_commit = "on"               # on, remote_apply, remote_write, local, off
        #synchronous_standby_names = ""          # for instance "FIRST 1 (b, c)": the application_name of standbys

        # As a standby; primary_conninfo stands in postgresql.auto.conf
        #wal_receiver_timeout = "60s"
        #wal_receiver_status_interval = "10s"
        #recovery_target_timeline = "latest"
        #hot_standby = true
        #hot_standby_feedback = false            # true: passes on what the queries of standbys below still need

        # Log
        #log_min_messages = "warning"
        #cluster_name = ""

        #[pgrepl]
        #relay_keep = "1GB"                      # what a relay keeps for whoever may come: "1GB", "7d" or "1GB, 7d"
        #peers = []                              # conninfo of the other nodes: asked before this one starts as a primary
        #require_peer = false                    # true: do not start as a primary unless a peer answers

        """;
}
