using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Processes;

/// <summary>A named place where a test may have the process killed, to see what the next one makes of what is on disk.</summary>
/// <remarks>Answers to PostgreSQL's injection points. The variable PGREPL_CRASH_POINT names a file; when that file holds the name of the place, it is removed
/// and the process is SIGKILLed: once. Without the variable it costs a null check.</remarks>
public static class CrashPoint
{
    private static readonly string? Armed = Environment.GetEnvironmentVariable("PGREPL_CRASH_POINT");

    public static void Reached(string name)
    {
        if (Armed is null || !File.Exists(Armed) || File.ReadAllText(Armed).Trim() != name)
            return;
        File.Delete(Armed);
        ProcessCalls.Kill(Environment.ProcessId, Signal.SIGKILL);
    }
}
