using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>Whether a path holds a node, in pg_ctl's words.</summary>
internal static class NodeDirectory
{
    /// <summary><see langword="null"/> when it does.</summary>
    internal static string? WhyNot(DataDirectory directory)
    {
        if (!Directory.Exists(directory.Path))
            return $"directory \"{directory.Path}\" does not exist";
        return File.Exists(directory.PgVersion) ? null : $"directory \"{directory.Path}\" is not a database cluster directory";
    }

    /// <exception cref="PgException">58P01: no such directory, or not a node's.</exception>
    internal static DataDirectory Require(DataDirectory directory) =>
        WhyNot(directory) is { } why ? throw new PgException(SqlStates.UndefinedFile, why) : directory;

    /// <summary>As <see cref="Require"/>, for a verb that makes files: the node could not read those of another user.</summary>
    /// <exception cref="PgException">58P01: no such directory, or not a node's; 42501: we are not its owner.</exception>
    internal static DataDirectory RequireOwned(DataDirectory directory)
    {
        _ = Require(directory);
        if (FileCalls.OwnerAndMode(directory.Path) is { Owner: var owner } && owner != (uint)ProcessCalls.EffectiveUserId)
            throw new PgException(SqlStates.InsufficientPrivilege, $"data directory \"{directory.Path}\" has wrong ownership",
                $"It belongs to user \"{ProcessCalls.UserName(owner) ?? owner.ToString(CultureInfo.InvariantCulture)}\".", "Run this as the user that owns the data directory.");
        return directory;
    }

    /// <summary>The running node's pid file.</summary>
    /// <returns><see langword="null"/> after a complaint: there is none.</returns>
    internal static PidFile? RequireRunning(DataDirectory directory, CommandLine.Terminal terminal)
    {
        PidFile? file = PidFile.Read(Require(directory));
        if (file is null)
        {
            terminal.Complain($"PID file \"{directory.PostmasterPid}\" does not exist");
            terminal.Error.WriteLine("Is server running?");
        }
        return file;
    }
}
