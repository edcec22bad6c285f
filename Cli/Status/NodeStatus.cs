using System.Globalization;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Status;

/// <summary>What the files of a directory and the pid in it tell; works on a node that is stuck.</summary>
/// <param name="Node"><see langword="null"/>: not running.</param>
/// <param name="Control"><see langword="null"/>: there is no pg_control, or it cannot be read (<paramref name="ControlError"/>).</param>
/// <param name="Relay">What a relay has in its place.</param>
internal sealed record NodeStatus(DataDirectory Directory, PidFile? Node, ControlFileData? Control, string? ControlError, RelayFileData? Relay = null)
{
    internal bool IsStandby => File.Exists(Directory.StandbySignal) || File.Exists(Directory.RecoveryConf);

    internal static NodeStatus Of(DataDirectory directory)
    {
        PidFile? node = PidFile.Read(directory);
        try
        {
            if (RelayFile.Exists(directory))
                return new NodeStatus(directory, node is { IsAlive: true } ? node : null, null, null, RelayFile.Read(directory));
            return new NodeStatus(directory, node is { IsAlive: true } ? node : null, ControlFile.Exists(directory) ? ControlFile.Read(directory) : null, null);
        }
        catch (PgException e)
        {
            return new NodeStatus(directory, node is { IsAlive: true } ? node : null, null, e.Message);
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
