using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Status;

/// <summary>What the files of a directory, the pid in it and the node's shared memory tell; works on a node that is stuck.</summary>
/// <param name="Node"><see langword="null"/>: not running.</param>
/// <param name="Control"><see langword="null"/>: there is no pg_control, or it cannot be read (<paramref name="ControlError"/>).</param>
/// <param name="Relay">What a relay has in its place.</param>
/// <param name="Live"><see langword="null"/>: not running, or its memory cannot be read (<paramref name="LiveError"/>).</param>
internal sealed record NodeStatus(
    DataDirectory Directory, PidFile? Node, ControlFileData? Control, string? ControlError, RelayFileData? Relay = null, LiveStatus? Live = null, string? LiveError = null)
{
    internal bool IsStandby => File.Exists(Directory.StandbySignal) || File.Exists(Directory.RecoveryConf);

    /// <summary>primary, standby or relay: what it is while it runs, what it would be when it is started.</summary>
    internal string Role => Live?.Role ?? (Relay is not null ? "relay" : IsStandby ? "standby" : "primary");

    internal static NodeStatus Of(DataDirectory directory)
    {
        NodeStatus files = OfFiles(directory);
        if (files.Node is not { } node)
            return files;
        return NodeMemory.TryOpen(node.Pid, out string? whyNot) is { } segment
            ? files with { Live = new LiveStatusReader(directory, segment).Read() }
            : files with { LiveError = whyNot };
    }

    /// <summary>Without the node's memory.</summary>
    internal static NodeStatus OfFiles(DataDirectory directory)
    {
        PidFile? node = PidFile.Read(directory) is { IsAlive: true } alive ? alive : null;
        try
        {
            if (RelayFile.Exists(directory))
                return new NodeStatus(directory, node, null, null, RelayFile.Read(directory));
            return new NodeStatus(directory, node, ControlFile.Exists(directory) ? ControlFile.Read(directory) : null, null);
        }
        catch (PgException e)
        {
            return new NodeStatus(directory, node, null, e.Message);
        }
    }

    /// <summary>As pg_controldata words it.</summary>
    internal static string Describe(DatabaseState state) => state switch
    {
        DatabaseState.Startup => "starting up",
        DatabaseState.ShutDown => "shut down",
        DatabaseState.ShutDownInRecovery => "shut down in recovery",
        DatabaseState.ShuttingDown => "shutting down",
        DatabaseState.InCrashRecovery => "in crash recovery",
        DatabaseState.InArchiveRecovery => "in archive recovery",
        DatabaseState.InProduction => "in production",
        _ => "unrecognized status code",
    };
}
