using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>What postmaster.pid says about the running node.</summary>
/// <param name="Pid">Line 1.</param>
/// <param name="StartTime">Line 3, Unix seconds.</param>
/// <param name="Port">Line 4.</param>
/// <param name="SocketDirectory">Line 5; empty when it listens on none.</param>
/// <param name="ListenAddress">Line 6; empty when it listens on none.</param>
/// <param name="Status">Line 8 without its padding: starting, stopping, ready, standby. Empty as long as it is not there.</param>
/// <remarks>Source of truth: PostgreSQL 15, src/include/utils/pidfile.h (line numbers, PM_STATUS_*). Later lines come while the node starts.</remarks>
internal sealed record PidFile(int Pid, long StartTime, int Port, string SocketDirectory, string ListenAddress, string Status)
{
    internal bool IsUp => Status is PostmasterPidFile.Ready or PostmasterPidFile.Standby;

    /// <summary>pg_ctl's postmaster_is_alive: never ourselves or our parent, whose number an old file may name.</summary>
    internal bool IsAlive => Pid != ProcessCalls.CurrentPid && Pid != ProcessCalls.ParentPid && ProcessCalls.IsAlive(Pid);

    /// <summary>The connection string of the node's own socket, else of its TCP address; <see langword="null"/>: it listens nowhere yet.</summary>
    internal string? Conninfo
    {
        get
        {
            string host = SocketDirectory.Length > 0 ? SocketDirectory : ListenAddress is "*" or "0.0.0.0" ? "127.0.0.1" : ListenAddress;
            return host.Length == 0 || Port == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"host={Shared.Libpq.Conninfo.Quote(host)} port={Port}");
        }
    }

    /// <returns><see langword="null"/>: no such file.</returns>
    /// <exception cref="PgException">The file is empty or does not start with a pid.</exception>
    internal static PidFile? Read(DataDirectory directory)
    {
        if (PostmasterPidFile.TryRead(directory) is { Pid: > 0 } file)
            return new PidFile(file.Pid, file.StartTime, file.Port, file.SocketDirectory, file.ListenAddress, file.Status);
        string path = directory.PostmasterPid;
        if (!File.Exists(path))
            return null;
        throw new PgException(SqlStates.DataCorrupted, new FileInfo(path).Length == 0 ? $"the PID file \"{path}\" is empty" : $"invalid data in PID file \"{path}\"");
    }
}
