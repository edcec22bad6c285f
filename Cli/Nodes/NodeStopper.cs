using Pgrepl.Cli.Stop;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>Asks a node to stop and waits until it has: until postmaster.pid is gone.</summary>
internal static class NodeStopper
{
    /// <returns>False: no such process.</returns>
    internal static bool Ask(PidFile node, ShutdownMode mode) => ProcessCalls.Kill(node.Pid, ShutdownModes.SignalOf(mode));

    /// <returns>False: the time was up, or the postmaster died and left its pid file.</returns>
    internal static bool Wait(DataDirectory directory, TimeSpan limit, CancellationToken interrupted, Action? everySecond = null)
    {
        bool stopped = false;
        Waiting.Until(
            () =>
            {
                PidFile? file = PidFile.Read(directory);
                if (file is { IsAlive: false })
                    file = PidFile.Read(directory); // it may have removed the file between our two looks
                stopped = file is null;
                return stopped || !file!.IsAlive;
            },
            limit, interrupted, everySecond);
        return stopped;
    }
}
