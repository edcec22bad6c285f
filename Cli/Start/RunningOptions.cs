using System.Globalization;

namespace Pgrepl.Cli.Start;

/// <summary>What a postmaster is started with; of a running one, so that restart can start it so again.</summary>
/// <param name="Settings"><c>name=value</c> of its -c options.</param>
/// <param name="LogFile">Where its standard error goes, when that is a file.</param>
/// <param name="ConfigFile">Absolute; <see langword="null"/>: pgrepl.toml of the data directory.</param>
/// <remarks>Read from /proc: PostgreSQL keeps the same in postmaster.opts.</remarks>
internal sealed record RunningOptions(IReadOnlyList<string> Settings, string? LogFile, string? ConfigFile = null)
{
    internal static RunningOptions Of(int pid)
    {
        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        try
        {
            string[] arguments = File.ReadAllText($"{process}/cmdline").Split('\0');
            var settings = new List<string>();
            string? config = null;
            for (int i = 1; i + 1 < arguments.Length; i++)
            {
                if (arguments[i] == "-c")
                    settings.Add(arguments[++i]);
                else if (arguments[i] == "--config")
                    config = arguments[++i];
            }
            string? log = new FileInfo($"{process}/fd/2").LinkTarget;
            return new RunningOptions(settings, log is not null && File.Exists(log) && !log.StartsWith("/dev/", StringComparison.Ordinal) ? log : null, config);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RunningOptions([], null); // gone, or not ours: nothing to keep
        }
    }
}
