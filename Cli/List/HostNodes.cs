using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.List;

/// <summary>A node of this host. What cannot be told is <see langword="null"/>.</summary>
/// <param name="Name">Of its file in the configuration folder.</param>
/// <param name="State">starting, ready, standby, stopping; stopped; unreadable: it runs, and its directory is not ours to read.</param>
/// <param name="Uptime">Seconds.</param>
/// <param name="User">Whose process it is; of a stopped node <see langword="null"/>.</param>
/// <param name="Problem">Why something is missing.</param>
internal sealed record HostNode(string? Name, string? Directory, string? Role, int? Port, int? Pid, string State, long? Uptime, string? User, string? Problem);

/// <summary>The nodes of this host: every running postmaster, and every file of the configuration folder whose node does not run.</summary>
internal static class HostNodes
{
    internal static IReadOnlyList<HostNode> Find(string configFolder)
    {
        Dictionary<string, string> names = [];
        List<HostNode> configured = [], running = [];
        foreach (string file in Directory.Exists(configFolder) ? Directory.GetFiles(configFolder, "*.toml") : [])
        {
            HostNode node = Configured(file);
            configured.Add(node);
            names[file] = node.Name!;
            if (node.Directory is { } directory)
                names[directory] = node.Name!;
        }
        foreach (PostmasterProcess process in PostmasterProcess.All())
        {
            string? name = names.GetValueOrDefault(process.ConfigFile ?? "") ?? names.GetValueOrDefault(process.Directory ?? "");
            running.Add(Running(process, name));
        }
        return [.. running.Concat(configured.Where(c => !running.Exists(r => r.Name == c.Name))).OrderBy(n => n.Directory ?? "", StringComparer.Ordinal).ThenBy(n => n.Pid)];
    }

    private static HostNode Running(PostmasterProcess process, string? name)
    {
        var node = new HostNode(name, process.Directory, null, null, process.Pid, "unreadable", process.Uptime, process.User, null);
        if (process.Directory is null)
            return node with { Problem = "its data directory cannot be told" };
        try
        {
            var directory = new DataDirectory(process.Directory);
            if (NodeDirectory.WhyNot(directory) is { } why)
                return node with { Problem = why };
            NodeStatus status = NodeStatus.Of(directory);
            return status.Node is { } file && file.Pid == process.Pid
                ? node with { Role = status.Role, Port = file.Port, State = file.Status.Length > 0 ? file.Status : "starting", Problem = status.LiveError }
                : node with { Role = status.Role, State = "starting" };
        }
        catch (Exception e) when (e is PgException or SystemCallException or IOException or UnauthorizedAccessException)
        {
            return node with { Problem = e.Message };
        }
    }

    private static HostNode Configured(string file)
    {
        var node = new HostNode(Path.GetFileNameWithoutExtension(file), null, null, null, null, "stopped", null, null, null);
        try
        {
            if (NodeConfiguration.DataDirectoryOf(file) is not { } path)
                return node with { Problem = $"\"{file}\" has no data_directory" };
            var directory = new DataDirectory(Path.GetFullPath(path).TrimEnd('/'));
            node = node with { Directory = directory.Path };
            if (NodeDirectory.WhyNot(directory) is { } why)
                return node with { Problem = why };
            return node with { Role = NodeStatus.Of(directory).Role, Port = NodeConfiguration.Load(directory, [], file).Int("port") };
        }
        catch (Exception e) when (e is PgException or ConfigurationException or SystemCallException or IOException or UnauthorizedAccessException)
        {
            return node with { Problem = e.Message };
        }
    }
}
