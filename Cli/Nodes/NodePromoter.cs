using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>Asks a standby to promote, by the promote file and SIGUSR1, and waits until it is in production.</summary>
/// <remarks>Source of truth: do_promote, wait_for_postmaster_promote, PostgreSQL 15, src/bin/pg_ctl/pg_ctl.c.</remarks>
internal static class NodePromoter
{
    /// <exception cref="PgException">55000: not a standby, a relay, or it is gone.</exception>
    internal static void Ask(DataDirectory directory, PidFile node)
    {
        if (RelayFile.Exists(directory))
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "cannot promote a relay", hint: "Promote a standby of the same primary.");
        if (File.Exists(directory.ControlFile) && ControlFile.Read(directory).State != DatabaseState.InArchiveRecovery)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "cannot promote server; server is not in standby mode");
        int result = FileCalls.Open(directory.PromoteFile, OpenFlags.WriteOnly | OpenFlags.Create, FileCalls.OwnerFile, out SafeFileHandle? file);
        FileError.ThrowIfNegative(result, $"could not create promote signal file \"{directory.PromoteFile}\"");
        file!.Dispose();
        if (ProcessCalls.Kill(node.Pid, Signal.SIGUSR1))
            return;
        FileCalls.Unlink(directory.PromoteFile);
        throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"could not send promote signal (PID: {node.Pid}): No such process");
    }

    /// <summary>Until it takes writes. pg_control says that it is in production a moment earlier: startup then hands WAL over in memory.</summary>
    /// <returns>False: the time was up, or the node died.</returns>
    internal static bool Wait(DataDirectory directory, PidFile node, TimeSpan limit, CancellationToken interrupted, Action? everySecond = null)
    {
        bool promoted = false;
        SharedSegment? memory = null;
        Waiting.Until(
            () =>
            {
                promoted = ControlFile.Read(directory).State == DatabaseState.InProduction && TakesWrites(node.Pid, ref memory);
                return promoted || PidFile.Read(directory) is not { IsAlive: true };
            },
            limit, interrupted, everySecond);
        return promoted;
    }

    /// <returns>True also where its memory cannot be read: then pg_control is all there is to go by.</returns>
    private static bool TakesWrites(int postmaster, ref SharedSegment? memory)
    {
        if (memory is not { Doomed.Value: 0 }) // a crash makes a new one
            memory = NodeMemory.TryOpen(postmaster, out _);
        return memory is null || memory.Recovery.RecoveryDone.Value != 0;
    }
}
