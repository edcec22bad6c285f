using System.Globalization;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Drill;

/// <summary>A process and all that descend from it, as /proc shows them.</summary>
internal static class ProcessTree
{
    /// <summary>The root first, then children, then theirs. Empty when there is no such process.</summary>
    internal static IReadOnlyList<int> Of(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Stat(pid) is { } stat)
            {
                if (!children.TryGetValue(stat.Parent, out List<int>? list))
                    children[stat.Parent] = list = [];
                list.Add(pid);
            }
        }
        var tree = new List<int>();
        if (Stat(root) is not null)
            tree.Add(root);
        for (int i = 0; i < tree.Count; i++)
        {
            if (children.TryGetValue(tree[i], out List<int>? list))
                tree.AddRange(list);
        }
        return tree;
    }

    /// <summary>SIGKILL to all of it at once: what a host does that loses its power.</summary>
    /// <returns>Whom it was sent to.</returns>
    internal static IReadOnlyList<int> Kill(int root)
    {
        ProcessCalls.Kill(root, Signal.SIGSTOP); // so that it starts no child between our look and our shot
        IReadOnlyList<int> tree = Of(root);
        foreach (int pid in tree)
            ProcessCalls.Kill(pid, Signal.SIGKILL);
        return tree;
    }

    internal static void KillOne(int pid) => ProcessCalls.Kill(pid, Signal.SIGKILL);

    /// <summary>The child of a node's postmaster of that kind; 0: there is none.</summary>
    internal static int ChildOf(DataDirectory node, string kind)
    {
        foreach (int pid in PidFile.Read(node) is { } file ? Of(file.Pid) : [])
        {
            try
            {
                if (File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline")).Split('\0')[0] == $"pgrepl-{kind}")
                    return pid;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // gone meanwhile
            }
        }
        return 0;
    }

    /// <summary>False for a zombie: it runs no more, somebody has yet to take note.</summary>
    internal static bool IsRunning(int pid) => Stat(pid) is { State: not ('Z' or 'X') };

    /// <summary>/proc/PID/stat: pid (name) state ppid …; the name may hold anything, also brackets.</summary>
    private static (char State, int Parent)? Stat(int pid)
    {
        try
        {
            string text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            string[] rest = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (rest[0][0], int.Parse(rest[1], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
