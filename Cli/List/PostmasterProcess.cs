using System.Globalization;
using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;

namespace Pgrepl.Cli.List;

/// <summary>A postmaster of ours among the processes of this host, as far as /proc shows it to us.</summary>
/// <param name="Directory">Its data directory; <see langword="null"/>: it cannot be told.</param>
/// <param name="ConfigFile">What --config names.</param>
/// <param name="Uptime">Seconds.</param>
/// <param name="User">Whose it is.</param>
internal sealed record PostmasterProcess(int Pid, string? Directory, string? ConfigFile, long Uptime, string User)
{
    private const string Program = "pgrepl-postmaster";
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux that runs .NET
    private const int StartTimeField = 22 - 3; // of proc(5)'s stat, counted from behind the name

    internal static IEnumerable<PostmasterProcess> All()
    {
        foreach (string entry in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && TryRead(pid, entry) is { } found)
                yield return found;
        }
    }

    /// <returns><see langword="null"/>: another program, or it is gone.</returns>
    private static PostmasterProcess? TryRead(int pid, string entry)
    {
        try
        {
            string[] arguments = File.ReadAllText(Path.Combine(entry, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
            if (arguments.Length == 0 || Path.GetFileName(arguments[0]) != Program)
                return null;
            string? working = TryLink(Path.Combine(entry, "cwd"));
            string? config = ValueOf(arguments, "--config") is { } file ? Absolute(working, file) : null;
            string? directory = ValueOf(arguments, "-D") ?? DirectoryIn(config) ?? FromEnvironment(entry);
            return new PostmasterProcess(pid, directory is null ? null : Absolute(working, directory)?.TrimEnd('/'), config, UptimeOf(entry), UserOf(entry));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static string? ValueOf(string[] arguments, string option) => Array.LastIndexOf(arguments, option) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

    private static string? DirectoryIn(string? config)
    {
        try
        {
            return config is null ? null : NodeConfiguration.DataDirectoryOf(config);
        }
        catch (Exception e) when (e is ConfigurationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? FromEnvironment(string entry)
    {
        try
        {
            return File.ReadAllText(Path.Combine(entry, "environ"), Encoding.UTF8).Split('\0').FirstOrDefault(v => v.StartsWith("PGDATA=", StringComparison.Ordinal))?["PGDATA=".Length..];
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Absolute(string? working, string path) => Path.IsPathRooted(path) ? Path.GetFullPath(path) : working is null ? null : Path.GetFullPath(path, working);

    private static string? TryLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long UptimeOf(string entry)
    {
        string stat = File.ReadAllText(Path.Combine(entry, "stat"));
        long started = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[StartTimeField], CultureInfo.InvariantCulture) / TicksPerSecond;
        decimal up = decimal.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        return Math.Max(0, (long)up - started);
    }

    private static string UserOf(string entry)
    {
        string line = File.ReadLines(Path.Combine(entry, "status")).First(l => l.StartsWith("Uid:", StringComparison.Ordinal));
        string effective = line.Split('\t')[2];
        return ProcessCalls.UserName(uint.Parse(effective, CultureInfo.InvariantCulture)) ?? effective;
    }
}
