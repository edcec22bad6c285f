using System.Diagnostics;

namespace Pgrepl.Interop.Tests.SyncRep;

/// <summary>A primary that waits for standbys, a real PostgreSQL 15 or ours, and pg_receivewals that stand in for them.</summary>
internal sealed class SyncServer : IDisposable
{
    private readonly PostgresServer? _postgres;
    private readonly TestNode? _node;
    private readonly ArchiveFolder _folder = new();
    private readonly Dictionary<string, RunningProgram> _standbys = [];
    private readonly List<RunningProgram> _sessions = [];

    public SyncServer(bool ours)
    {
        if (ours)
            _node = TestNode.Primary(segmentMegabytes: 1, ordinaryUser: true).Start();
        else
            _postgres = PostgresServer.Primary(1, "autovacuum = off").Start();
    }

    public string Conninfo => _postgres?.Conninfo ?? _node!.Conninfo;

    public string? Ask(string sql) => _postgres is not null ? _postgres.Ask(sql) : _node!.Ask(sql);

    /// <summary>Sets synchronous_standby_names by a reload.</summary>
    public void Demand(string names)
    {
        string line = $"synchronous_standby_names = '{names.Replace("'", "''", StringComparison.Ordinal)}'";
        if (_postgres is not null)
            _postgres.Configure(line);
        else
            _node!.Configure($"synchronous_standby_names = '''{names}'''");
        Assert.That(Ask("SELECT pg_reload_conf()"), Is.EqualTo("t"));
        Eventually.Holds(() => Ask("SHOW synchronous_standby_names") == names);
    }

    /// <summary>Starts a standby and waits until the primary has it in its table.</summary>
    public void Join(string name)
    {
        string folder = Directory.CreateDirectory(_folder[name]).FullName;
        _standbys[name] = new RunningProgram(PostgresTools.Find("pg_receivewal"), "-D", folder, "--synchronous", "--no-loop", "-s", "1", "-d", $"{Conninfo} application_name='{name}'");
        Eventually.Holds(() => States().Contains($"{name}|", StringComparison.Ordinal));
    }

    public void Leave(string name)
    {
        string sender = Ask($"SELECT pid FROM pg_stat_replication WHERE application_name = '{name}'")!;
        _standbys[name].Dispose();
        _standbys.Remove(name);
        Eventually.Holds(() => !States().Contains($"{name}|", StringComparison.Ordinal));
        Eventually.Holds(() => !Directory.Exists($"/proc/{sender}")); // its place is free then: who comes next takes it
    }

    /// <summary>name|priority|state of each that streams, in the order of their names.</summary>
    public string States() => PostgresTools.Run("psql", "-X", "-A", "-t", "-q", "-d", Conninfo, "-c", "SELECT application_name, sync_priority, sync_state FROM pg_stat_replication WHERE state = 'streaming' ORDER BY application_name").Output.TrimEnd().Replace('\n', ' ');

    /// <summary>A psql that commits and waits for standbys.</summary>
    public RunningProgram Commit(string content)
    {
        RunningProgram session = new(PostgresTools.Find("psql"), "-X", "-q", "-o", "/dev/null", "-d", $"{Conninfo} application_name={content}", "-c", $"SELECT pg_logical_emit_message(true, 't', '{content}')");
        _sessions.Add(session);
        Eventually.Holds(() => Waiting(content) != null);
        return session;
    }

    /// <summary>Its server process; null: it does not wait.</summary>
    public int? Waiting(string content) =>
        Ask($"SELECT pid FROM pg_stat_activity WHERE application_name = '{content}' AND wait_event = 'SyncRep'") is { Length: > 0 } pid ? int.Parse(pid) : null;

    public void Stop(string mode)
    {
        if (_postgres is not null)
            _postgres.Stop(mode);
        else
            _node!.Stop(mode);
    }

    public void Start()
    {
        _ = _postgres?.Start();
        _ = _node?.Start();
    }

    public void Dispose()
    {
        foreach (RunningProgram program in _sessions.Concat(_standbys.Values))
            program.Dispose();
        _postgres?.Dispose();
        _node?.Dispose();
        _folder.Dispose();
    }
}
