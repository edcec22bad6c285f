using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalReceiver.Repair;

/// <summary>restore_command: brings a file of the archive to pg_wal/RECOVERYXLOG.</summary>
/// <remarks>What it brings is not believed, but judged like WAL from a stream. Source of truth: RestoreArchivedFile, PostgreSQL 15,
/// src/backend/access/transam/xlogarchive.c. Unlike there, a command that was killed by a signal is a failure like any other.</remarks>
internal sealed class RestoreCommand(ChildProcess process, Action checkInterrupts)
{
    private const string Name = "RECOVERYXLOG";

    public bool IsSet => Template.Length > 0;

    /// <summary>Where <see cref="Fetch"/> has brought it.</summary>
    public string File => Path.Combine(process.Data.Wal, Name);

    private string Template => process.Settings["restore_command"];

    /// <param name="name">Of the file in the archive: %f.</param>
    /// <param name="oldest">Name of the oldest segment that is still needed: %r.</param>
    /// <returns>Why it did not come; <see langword="null"/>: it is there.</returns>
    public string? Fetch(string name, string oldest)
    {
        System.IO.File.Delete(File); // one that was left half done
        using ShellCommand command = ShellCommand.Start(ShellCommand.Expand(Template, ('f', name), ('p', $"pg_wal/{Name}"), ('r', oldest)), process.Data.Path);
        ExitStatus status;
        while (!command.HasEnded(out status))
        {
            process.Latch.Reset();
            checkInterrupts();
            process.Loop.Wait(-1, command.Descriptor, PollEvents.Readable);
        }
        if (status is not { Exited: true, Code: 0 })
            return status.ToString();
        return System.IO.File.Exists(File) ? null : "was not brought, though the command ended well";
    }
}
