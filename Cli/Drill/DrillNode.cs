using System.Globalization;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Stop;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Drill;

/// <summary>One of the drill's two nodes: where it is, how to reach it, how to get rid of it.</summary>
internal sealed class DrillNode(string name, DataDirectory directory, string logFile, string socketFolder, int port)
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);

    private NodeStarter? _starter;

    internal string Name => name;

    internal DataDirectory Directory => directory;

    internal string LogFile => logFile;

    /// <summary>The user is the operating system's, whom init made the owner.</summary>
    internal string Conninfo { get; } = string.Create(CultureInfo.InvariantCulture, $"host={socketFolder} port={port} user={Shared.Libpq.Conninfo.Quote(Environment.UserName)}");

    internal ControlFileData Control => ControlFile.Read(directory);

    /// <summary>pgrepl.toml of the node: a socket and nothing else to listen on, all WAL kept, the other one its peer.</summary>
    /// <param name="synchronousStandby">synchronous_standby_names; empty: none.</param>
    internal string Settings(DrillNode peer, string synchronousStandby) => string.Create(CultureInfo.InvariantCulture, $"""
        cluster_name = "{name}"
        listen_addresses = ""
        port = {port}
        unix_socket_directories = "{socketFolder}"
        wal_keep_size = "1TB"
        synchronous_standby_names = "{synchronousStandby}"

        [pgrepl]
        peers = ["{peer.Conninfo}"]

        """);

    /// <summary>Starts and waits.</summary>
    /// <exception cref="PgException">It did not come up.</exception>
    internal void Start(CancellationToken interrupted)
    {
        StartOutcome outcome = TryStart(interrupted);
        if (outcome != StartOutcome.Ready)
            throw new PgException(SqlStates.CannotConnectNow, $"node {name} could not be started",
                outcome == StartOutcome.Failed ? $"pgrepl-postmaster {_starter!.Exit}." : "It is still starting.", $"Its log is \"{logFile}\".");
    }

    internal StartOutcome TryStart(CancellationToken interrupted)
    {
        _starter = new NodeStarter(directory);
        _starter.Spawn([], logFile);
        return _starter.Wait(Patience, interrupted);
    }

    /// <summary>How the last start ended, if it did.</summary>
    internal ExitStatus LastExit => _starter?.Exit ?? default;

    /// <summary>SIGKILL to the postmaster and all its children; returns when none of them runs.</summary>
    internal IReadOnlyList<int> KillAll()
    {
        if (_starter is not { Pid: > 0 } starter)
            return [];
        IReadOnlyList<int> killed = ProcessTree.Kill(starter.Pid);
        Waiting.Until(() => !AnyRuns(killed), Patience, CancellationToken.None);
        return killed;
    }

    /// <exception cref="PgException">It does not stop.</exception>
    internal void StopFast(CancellationToken interrupted)
    {
        PidFile node = PidFile.Read(directory) ?? throw new PgException(SqlStates.CannotConnectNow, $"node {name} does not run");
        NodeStopper.Ask(node, ShutdownMode.Fast);
        ExitStatus exit = default;
        if (!Waiting.Until(() => ProcessCalls.TryReap(node.Pid, out exit), Patience, interrupted) || PidFile.Read(directory) is not null)
            throw new PgException(SqlStates.CannotConnectNow, $"node {name} does not stop", exit == default ? null : $"pgrepl-postmaster {exit}.", $"Its log is \"{logFile}\".");
    }

    internal PgClient Connect() => PgClient.Connect(Conninfo, AnswerLimit);

    /// <summary>One value of one row; <see langword="null"/> when it is null, or there is no row.</summary>
    internal string? Ask(string sql)
    {
        using PgClient client = Connect();
        using PgResult result = client.QueryOrThrow(sql, AnswerLimit);
        return result.Rows == 0 ? null : result.Value(0, 0);
    }

    /// <summary>As <see cref="Ask"/>; also <see langword="null"/> while the node cannot answer.</summary>
    internal string? TryAsk(string sql)
    {
        try
        {
            return Ask(sql);
        }
        catch (PgException)
        {
            return null;
        }
    }

    /// <summary>The answer as psql shows it expanded.</summary>
    internal string Show(string sql)
    {
        using PgClient client = Connect();
        using PgResult result = client.QueryOrThrow(sql, AnswerLimit);
        return PsqlExpanded.Format(result);
    }

    /// <summary>The last lines of the log that say what is wrong.</summary>
    internal IReadOnlyList<string> LogLines(int most, Func<string, bool> wanted) =>
        File.Exists(logFile) ? [.. File.ReadLines(logFile).Where(wanted).TakeLast(most)] : [];

    private static bool AnyRuns(IReadOnlyList<int> pids)
    {
        bool any = false;
        foreach (int pid in pids)
        {
            ProcessCalls.TryReap(pid, out _); // the first is our child, the others are not
            any |= ProcessTree.IsRunning(pid);
        }
        return any;
    }
}
