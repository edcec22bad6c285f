using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Rejoin;

/// <summary>Holds postmaster.lock, so that the node cannot be started while its files are changed.</summary>
internal sealed class NodeLock : IDisposable
{
    private readonly int _descriptor;

    /// <exception cref="PgException">F0001: the node runs, or what an old postmaster left still does.</exception>
    internal NodeLock(DataDirectory directory)
    {
        _descriptor = Descriptors.OpenLocked(directory.PostmasterLock);
        PidFile? node = PidFile.Read(directory);
        if (_descriptor >= 0 && node is not { IsAlive: true })
            return;
        if (_descriptor >= 0)
            Descriptors.Close(_descriptor);
        throw new PgException(SqlStates.LockFileExists, $"the node in \"{directory.Path}\" must be stopped first",
            node is null ? "Processes of it still run." : $"Its server is running (PID: {node.Pid}).",
            $"Stop it with: pgrepl stop -D {directory.Path}");
    }

    public void Dispose() => Descriptors.Close(_descriptor);
}
