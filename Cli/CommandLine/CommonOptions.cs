using System.CommandLine;
using System.CommandLine.Parsing;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.CommandLine;

/// <summary>The options that several verbs share, with pg_ctl's letters and long names.</summary>
internal static class CommonOptions
{
    internal const int DefaultTimeoutSeconds = 60; // DEFAULT_WAIT of pg_ctl

    internal static Option<string?> DataDirectory() => new("--pgdata", "-D")
    {
        Description = "the node's data directory; $PGDATA when left out",
        HelpName = "DIR",
    };

    internal static Option<bool> Wait() => new("--wait", "-w") { Description = "wait until the operation completes (default)" };

    internal static Option<bool> NoWait() => new("--no-wait", "-W") { Description = "do not wait until the operation completes" };

    internal static Option<int> TimeLimit()
    {
        var option = new Option<int>("--timeout", "-t")
        {
            Description = "seconds to wait; $PGCTLTIMEOUT when left out",
            HelpName = "SECS",
            DefaultValueFactory = _ => int.TryParse(Environment.GetEnvironmentVariable("PGCTLTIMEOUT"), out int seconds) ? seconds : DefaultTimeoutSeconds,
        };
        option.Validators.Add(AtLeast(option, 0));
        return option;
    }

    internal static Option<bool> Silent() => new("--silent", "-s") { Description = "only print errors" };

    internal static Option<bool> Json() => new("--json") { Description = "one JSON object instead of text" };

    internal static Option<string?> LogFile() => new("--log", "-l")
    {
        Description = "append the node's log to FILE; DIR/log/pgrepl.log when left out",
        HelpName = "FILE",
    };

    internal static Option<string?> ConfigFile() => new("--config")
    {
        Description = "the node's settings instead of DIR/pgrepl.toml; its data_directory is the node's when -D is left out",
        HelpName = "FILE",
    };

    internal static Option<string[]> Settings()
    {
        var option = new Option<string[]>("-c")
        {
            Description = "a setting of the node, above its pgrepl.toml; may be repeated",
            HelpName = "NAME=VALUE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        option.Validators.Add(result =>
        {
            foreach (string setting in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (setting.IndexOf('=', StringComparison.Ordinal) < 1)
                    result.AddError($"-c {setting}: expected NAME=VALUE");
            }
        });
        return option;
    }

    internal static Option<string?> Mode()
    {
        var option = new Option<string?>("--mode", "-m")
        {
            Description = "smart: wait for the clients; fast: disconnect them (default); immediate: no checkpoint, recovery at the next start",
            HelpName = "MODE",
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } mode && Stop.ShutdownModes.Parse(mode) is null)
                result.AddError($"unrecognized shutdown mode \"{mode}\"");
        });
        return option;
    }

    /// <summary>For tests that start just below a wrap of the 32 bits that records carry.</summary>
    internal static Option<ulong?> NextXid()
    {
        var option = new Option<ulong?>("--next-xid") { Description = "first transaction id, all 64 bits", HelpName = "XID", Hidden = true };
        option.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<ulong?>() is { } xid && ((uint)xid < Init.FirstSegment.FirstNormalXid || xid > long.MaxValue))
                result.AddError($"transaction ID ({option.Name}) must be greater than or equal to {Init.FirstSegment.FirstNormalXid}, got {xid}");
        });
        return option;
    }

    internal static Action<OptionResult> AtLeast(Option<int> option, int least) => result =>
    {
        if (result.Errors.Any() || result.Tokens.Count == 0)
            return;
        if (!int.TryParse(result.Tokens[0].Value, out int value) || value < least)
            result.AddError($"{option.Name} needs a whole number not below {least}, got \"{result.Tokens[0].Value}\"");
    };

    /// <summary>The directory that -D, a configuration file or $PGDATA names, as an absolute path; it need not exist.</summary>
    /// <exception cref="UsageException">None is given.</exception>
    /// <exception cref="PgException">F0000: the file cannot be used.</exception>
    internal static DataDirectory DirectoryOf(string? option, string? configFile = null)
    {
        string? path = option ?? (configFile is null ? null : DirectoryIn(configFile)) ?? Environment.GetEnvironmentVariable("PGDATA");
        if (string.IsNullOrEmpty(path))
            throw new UsageException("no database directory specified and environment variable PGDATA unset");
        path = Path.GetFullPath(path);
        return new DataDirectory(path.Length > 1 ? path.TrimEnd('/') : path);
    }

    private static string? DirectoryIn(string configFile)
    {
        try
        {
            return NodeConfiguration.DataDirectoryOf(Path.GetFullPath(configFile));
        }
        catch (ConfigurationException e)
        {
            throw e.ToPgException();
        }
    }
}

/// <summary>The command line asks for something that cannot be: exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
