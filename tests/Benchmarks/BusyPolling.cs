namespace Pgrepl.Benchmarks;

/// <summary>pgrepl.busy_poll of a node, switched while it runs.</summary>
internal static class BusyPolling
{
    /// <summary>Microseconds: longer than this disk takes for most flushes.</summary>
    public const int On = 2000;

    public const int Off = 0;

    /// <param name="settings">What else the node's configuration says.</param>
    public static void Switch(TestNode node, int microseconds, params IEnumerable<string> settings)
    {
        node.Configure([.. settings, $"pgrepl.busy_poll = {microseconds}"]);
        if (node.PostmasterPid is not null)
            Build.Expect(node.Pgrepl("reload", "-D", node.Data.Path));
    }
}
