using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>How a start ended.</summary>
internal enum StartOutcome
{
    Ready,
    StillStarting,
    Failed,
}

/// <summary>Starts pgrepl-postmaster as a process that needs us no more: own session, no terminal, its log in a file.</summary>
/// <remarks>What counts as started: PostgreSQL 15, src/bin/pg_ctl/pg_ctl.c, wait_for_postmaster_start.</remarks>
internal sealed class NodeStarter(DataDirectory directory)
{
    private const string Postmaster = "pgrepl-postmaster";

    /// <summary>Clock skew that is allowed between us and the start time in the pid file, seconds.</summary>
    private const long Slop = 2;

    private readonly long _startTime = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    private readonly PidFile? _leftBehind = Read(directory);

    /// <summary>Our child; 0 before <see cref="Spawn"/>.</summary>
    internal int Pid { get; private set; }

    /// <summary>How the child ended, after <see cref="StartOutcome.Failed"/>.</summary>
    internal ExitStatus Exit { get; private set; }

    /// <summary>Where a node's log goes when nobody says otherwise.</summary>
    internal static string DefaultLogFile(DataDirectory directory) => Path.Combine(directory.LogDirectory, "pgrepl.log");

    /// <param name="settings"><c>name=value</c>, above what the directory says.</param>
    /// <param name="configFile">Absolute; <see langword="null"/>: the directory's own.</param>
    /// <exception cref="PgException">58P01: the program is not beside ours; or the log cannot be opened.</exception>
    internal void Spawn(IReadOnlyList<string> settings, string? logFile = null, string? configFile = null)
    {
        string program = Path.Combine(AppContext.BaseDirectory, Postmaster);
        if (!File.Exists(program))
            throw new PgException(SqlStates.UndefinedFile, $"program \"{Postmaster}\" is needed by pgrepl but was not found in the same directory", $"The directory is \"{AppContext.BaseDirectory}\".");
        if (logFile is null)
        {
            logFile = DefaultLogFile(directory);
            DurableFile.CreateDirectory(directory.LogDirectory);
        }

        List<string> arguments = [program, "-D", directory.Path];
        if (configFile is not null)
            arguments.AddRange(["--config", configFile]);
        foreach (string setting in settings)
            arguments.AddRange(["-c", setting]);
        int input = Open("/dev/null", OpenFlags.ReadOnly);
        int output = -1;
        try
        {
            output = Open(logFile, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append);
            // Without this, a killed node leaves the runtime's debugger pipes behind in the temporary folder.
            var environment = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" };
            Pid = ProcessSpawner.Spawn(program, arguments, environment, [(input, 0), (output, 1), (output, 2)], newSession: true, blockSignals: true);
        }
        finally
        {
            Descriptors.Close(input);
            if (output >= 0)
                Descriptors.Close(output);
        }
    }

    /// <summary>Waits until the node says ready or standby.</summary>
    internal StartOutcome Wait(TimeSpan limit, CancellationToken interrupted, Action? everySecond = null)
    {
        StartOutcome outcome = StartOutcome.StillStarting;
        Waiting.Until(
            () =>
            {
                if (IsUp())
                    outcome = StartOutcome.Ready;
                else if (ProcessCalls.TryReap(Pid, out ExitStatus exit))
                    (outcome, Exit) = (StartOutcome.Failed, exit);
                return outcome != StartOutcome.StillStarting;
            },
            limit, interrupted, everySecond);
        return outcome;
    }

    /// <summary>A file of our child's that it wrote itself. pg_ctl knows it by its time alone, and waits in vain when the clock was set back since.</summary>
    private bool IsUp() => Read(directory) is { IsUp: true } file && file.Pid == Pid && (file != _leftBehind || file.StartTime >= _startTime - Slop);

    private static PidFile? Read(DataDirectory directory)
    {
        try
        {
            return PidFile.Read(directory);
        }
        catch (PgException)
        {
            return null; // being written, or nobody's
        }
    }

    /// <summary>A descriptor above all that a child may get, so that dup2 onto its low numbers hits no source.</summary>
    private static int Open(string path, OpenFlags flags)
    {
        int result = FileCalls.Open(path, flags, FileCalls.OwnerFile, out Microsoft.Win32.SafeHandles.SafeFileHandle? handle);
        FileError.ThrowIfNegative(result, $"could not open file \"{path}\"");
        int descriptor = (int)handle!.DangerousGetHandle();
        handle.SetHandleAsInvalid(); // MoveUp closes it
        return Descriptors.MoveUp(descriptor);
    }
}
