namespace Pgrepl.TestSupport;

/// <summary>What /proc says about a process.</summary>
public static class ProcessFacts
{
    /// <summary>VmRSS: memory in use now, kB.</summary>
    public static int ResidentKilobytes(int pid) => Status(pid, "VmRSS:") ?? throw new InvalidOperationException($"process {pid} is gone");

    /// <summary>VmHWM: the most memory it ever used, kB; 0 when it is gone.</summary>
    public static int PeakKilobytes(int pid) => Status(pid, "VmHWM:") ?? 0;

    /// <summary>Pss: its share of the memory in use now, kB; 0 when it is gone.</summary>
    public static int ProportionalKilobytes(int pid)
    {
        try
        {
            return int.Parse(File.ReadLines($"/proc/{pid}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>What its descriptors lead to, as /proc names it; empty when it is gone.</summary>
    public static string[] Descriptors(int pid) => [.. LinksOf(pid).Select(TargetOf)];

    /// <summary>Those of them that were opened for reading alone.</summary>
    public static string[] ReadOnlyFiles(int pid) => [.. LinksOf(pid).Where(IsReadOnly).Select(TargetOf)];

    private static string[] LinksOf(int pid)
    {
        try
        {
            return Directory.GetFiles($"/proc/{pid}/fd");
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return ""; // closed meanwhile
        }
    }

    /// <summary>The last digit of the flags, which are octal, is the access mode.</summary>
    private static bool IsReadOnly(string link) => TryRead(link.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal)).Split('\n').Any(line => line.StartsWith("flags:", StringComparison.Ordinal) && line[^1] == '0');

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

    /// <summary>The same of the threads that it has now, to the nanosecond; 0 when it is gone.</summary>
    public static TimeSpan ExactProcessorTime(int pid) =>
        TimeSpan.FromMicroseconds(ThreadsOf(pid).Select(thread => TryRead(Path.Combine(thread, "schedstat"))).Where(text => text.Length > 0).Sum(text => long.Parse(text.Split(' ')[0])) / 1e3);

    /// <summary>Empty when it is gone.</summary>
    public static int[] ChildrenOf(int pid) =>
        [.. ThreadsOf(pid).SelectMany(thread => TryRead(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];

    /// <summary>The folders of its threads; empty when it is gone.</summary>
    public static string[] ThreadsOf(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid}/task");
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Whether SIGSTOP holds it.</summary>
    public static bool IsStopped(int pid) => TryRead($"/proc/{pid}/stat").Contains(") T ", StringComparison.Ordinal);

    /// <summary>A file of a process that may end at any moment; empty when it has. Between open and read that is ESRCH, no error of a file that is missing.</summary>
    public static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

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

    private static int? Status(int pid, string name) =>
        TryRead($"/proc/{pid}/status").Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line ? int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) : null;
}
