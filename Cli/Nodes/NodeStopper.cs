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
                bool? ended = HasStopped(() => PidFile.Read(directory), file => file.IsAlive);
                stopped = ended == true;
                return ended is not null;
            },
            limit, interrupted, everySecond);
        return stopped;
    }

    /// <summary>One look at a node that is to stop.</summary>
    /// <returns>True: it has; false: it died and left its pid file; <see langword="null"/>: not yet.</returns>
    /// <remarks>It removes the file and then ends, between any two looks of ours. So it is asked once whether it lives, and only a file that is there after its death was left.</remarks>
    internal static bool? HasStopped(Func<PidFile?> read, Func<PidFile, bool> isAlive) =>
        read() is not { } file ? true
        : isAlive(file) ? null
        : read() is null;
}
