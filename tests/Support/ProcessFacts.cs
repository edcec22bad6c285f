namespace Pgrepl.TestSupport;

/// <summary>What /proc says about a process.</summary>
public static class ProcessFacts
{
    /// <summary>VmRSS: memory in use now, kB.</summary>
    public static int ResidentKilobytes(int pid) => Status(pid, "VmRSS:");

    /// <summary>VmHWM: the most memory it ever used, kB.</summary>
    public static int PeakKilobytes(int pid) => Status(pid, "VmHWM:");

    public static int OpenDescriptors(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Length;

    /// <summary>Processor time so far in words, user and system apart.</summary>
    public static string Describe(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return $"user {int.Parse(fields[11]) / 100.0:0.00} s, system {int.Parse(fields[12]) / 100.0:0.00} s";
    }

    /// <summary>Processor time so far, user and system.</summary>
    public static TimeSpan ProcessorTime(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds((long.Parse(fields[11]) + long.Parse(fields[12])) * 10); // USER_HZ is 100
    }

    public static int[] ChildrenOf(int pid) =>
        [.. Directory.EnumerateDirectories($"/proc/{pid}/task").SelectMany(thread => File.ReadLines(Path.Combine(thread, "children"))).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];

    /// <summary>Running processes that work in this folder or name it when they are started: a node's, by its data directory.</summary>
    public static int[] Of(string folder) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).Where(pid => IsOf(folder, pid))];

    private static bool IsOf(string folder, int pid)
    {
        try
        {
            return TestNode.IsRunning(pid)
                && (new FileInfo($"/proc/{pid}/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true
                    || File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains(folder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // gone meanwhile, or another user's
        }
    }

    private static int Status(int pid, string name) =>
        int.Parse(File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);
}
