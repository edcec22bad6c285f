using System.Text;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Processes;

/// <summary>A command line of the operator's (restore_command, archive_command), run by /bin/sh in the data directory, while the event loop goes on.</summary>
/// <remarks>It has an empty signal mask, a session of its own and none of our descriptors. One that still runs when this is disposed is killed with all it started.
/// Source of truth: RestoreArchivedFile, PostgreSQL 15, src/backend/access/transam/xlogarchive.c; replace_percent_placeholders of later majors.</remarks>
public sealed class ShellCommand : IDisposable
{
    private readonly int _pid;
    private bool _ended;

    private ShellCommand(int pid)
    {
        _pid = pid;
        Descriptor = ProcessCalls.OpenPidDescriptor(pid);
    }

    /// <summary>Readable when the command has ended.</summary>
    public int Descriptor { get; }

    /// <summary>Puts values in the place of %x; %% is a percent sign, any other stays as it is.</summary>
    public static string Expand(string template, params ReadOnlySpan<(char Letter, string Value)> values)
    {
        ArgumentNullException.ThrowIfNull(template);
        StringBuilder line = new();
        for (int i = 0; i < template.Length; i++)
        {
            string? value = null;
            if (template[i] == '%' && i + 1 < template.Length)
            {
                value = template[i + 1] == '%' ? "%" : null;
                foreach ((char letter, string known) in values)
                    value = template[i + 1] == letter ? known : value;
            }
            line.Append(value ?? template[i..(i + 1)]);
            i += value is null ? 0 : 1;
        }
        return line.ToString();
    }

    /// <exception cref="PgException">It could not even be started.</exception>
    public static ShellCommand Start(string line, string directory)
    {
        try
        {
            return new ShellCommand(ProcessSpawner.Spawn("/bin/sh", ["sh", "-c", line], new Dictionary<string, string?>(), [], newSession: true, blockSignals: false, directory));
        }
        catch (SystemCallException error)
        {
            throw new PgException(SqlStates.SystemError, $"could not execute command \"{line}\": {error.Message}", inner: error);
        }
    }

    /// <returns>False: it runs.</returns>
    public bool HasEnded(out ExitStatus status)
    {
        _ended |= ProcessCalls.TryReap(_pid, out status);
        return _ended;
    }

    public void Dispose()
    {
        Descriptors.Close(Descriptor);
        if (_ended)
            return;
        _ = ProcessCalls.Kill(-_pid, Signal.SIGKILL);
        ProcessCalls.KillAndReap(_pid);
    }
}
