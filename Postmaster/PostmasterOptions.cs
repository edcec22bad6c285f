using Pgrepl.Shared.Config;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Postmaster;

/// <summary>The postmaster's command line: <c>-D DIRECTORY [--config FILE] [-c name=value]…</c>; -D defaults to the data_directory of the file, then to $PGDATA.</summary>
internal sealed record PostmasterOptions(DataDirectory Data, string? ConfigFile, IReadOnlyList<string> Settings)
{
    /// <returns>Null after a usage error, which was said.</returns>
    /// <exception cref="ConfigurationException">The directory stands in a file that cannot be used.</exception>
    public static PostmasterOptions? Parse(string[] arguments, TextWriter errors)
    {
        string? directory = null, config = null;
        List<string> settings = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            bool hasValue = i + 1 < arguments.Length;
            switch (arguments[i])
            {
                case "-D" when hasValue:
                    directory = arguments[++i];
                    break;
                case "--config" when hasValue:
                    config = arguments[++i];
                    break;
                case "-c" when hasValue:
                    settings.Add(arguments[++i]);
                    break;
                default:
                    errors.WriteLine($"pgrepl-postmaster: invalid argument: \"{arguments[i]}\"");
                    return null;
            }
        }
        config = config is null ? null : Path.GetFullPath(config);
        directory ??= (config is null ? null : NodeConfiguration.DataDirectoryOf(config)) ?? Environment.GetEnvironmentVariable("PGDATA");
        if (string.IsNullOrEmpty(directory))
        {
            errors.WriteLine("pgrepl-postmaster: no data directory specified and environment variable PGDATA unset");
            return null;
        }
        return new PostmasterOptions(new DataDirectory(Path.GetFullPath(directory).TrimEnd('/')), config, settings);
    }
}
