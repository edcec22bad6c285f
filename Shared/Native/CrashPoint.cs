using System.Globalization;

namespace Pgrepl.Shared.Native;

/// <summary>A named place where a test may have the process killed or stopped, to see what the next one makes of what is on disk.</summary>
/// <remarks>Answers to PostgreSQL's injection points. The variable PGREPL_CRASH_POINT names a file. When that file holds the name of the place, it is removed and
/// the process is SIGKILLed: once. When it holds the name and <c>stop</c>, the process writes its pid into a file beside it (<see cref="StoppedSuffix"/>) and
/// stops by SIGSTOP, so that something else can be killed at this very moment. Without the variable it costs a null check.</remarks>
public static class CrashPoint
{
    /// <summary>Ends the name of the file that says who has stopped.</summary>
    public const string StoppedSuffix = ".stopped";

    private static readonly string? Armed = Environment.GetEnvironmentVariable("PGREPL_CRASH_POINT");

    public static void Reached(string name)
    {
        if (Armed is not null)
            Look(name);
    }

    /// <summary>A place that has the name of a file in its own.</summary>
    public static void Reached(string name, string path)
    {
        if (Armed is not null)
            Look($"{name}-{Path.GetFileName(path)}");
    }

    private static void Look(string name)
    {
        string[] wanted;
        try
        {
            if (!File.Exists(Armed))
                return;
            wanted = File.ReadAllText(Armed).Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return; // another process has just taken it
        }
        if (wanted.Length == 0 || wanted[0] != name || FileCalls.Unlink(Armed) != 0)
            return;
        bool stop = wanted is [_, "stop"];
        if (stop)
            File.WriteAllText(Armed + StoppedSuffix, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        ProcessCalls.Kill(Environment.ProcessId, stop ? Signal.SIGSTOP : Signal.SIGKILL);
    }
}
