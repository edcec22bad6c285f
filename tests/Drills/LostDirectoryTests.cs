using Pgrepl.Shared.Native;

namespace Pgrepl.Drills.Tests;

/// <summary>A data directory that is taken away from a running node: it must not write into what is put in its place.</summary>
public sealed class LostDirectoryTests
{
    [Test, CancelAfter(60_000)]
    public void A_node_whose_directory_was_replaced_ends_and_leaves_the_new_one_alone()
    {
        const string others = "2147483646\nanother's\n";
        using TestNode node = TestNode.Primary().Start();
        int postmaster = node.PostmasterPid!.Value;
        int[] children = node.Children("walwriter");
        string aside = node.Data.Path + ".aside";
        string another = Directory.CreateDirectory(node.Data.Path + ".another").FullName;
        File.WriteAllText(Path.Combine(another, Path.GetFileName(node.Data.PostmasterPid)), others);
        Build.Expect(Build.Run("sh", ["-c", $"mv '{node.Data.Path}' '{aside}' && mv '{another}' '{node.Data.Path}'"]));

        Eventually.Holds(() => !ProcessCalls.IsAlive(postmaster) && !children.Any(ProcessCalls.IsAlive));
        Assert.That(node.Log, Does.Contain($"LOG:  lock file \"postmaster.pid\" contains wrong PID: 2147483646 instead of {postmaster}"));
        Assert.That(Directory.GetFileSystemEntries(node.Data.Path), Is.EqualTo(new[] { node.Data.PostmasterPid }));
        Assert.That(File.ReadAllText(node.Data.PostmasterPid), Is.EqualTo(others));

        Directory.Delete(node.Data.Path, recursive: true);
        Build.Expect(Build.Run("mv", [aside, node.Data.Path]));
        Assert.That(node.Start().Ask("SELECT 1"), Is.EqualTo("1"), "what was moved away is whole");
    }

    /// <summary>Its walreceiver would else be started again for ever.</summary>
    [Test, CancelAfter(60_000)]
    public void A_standby_whose_directory_is_gone_ends()
    {
        using TestNode primary = TestNode.Primary().Start();
        using TestNode standby = primary.Standby().Start();
        Eventually.Holds(() => primary.Streams());
        int postmaster = standby.PostmasterPid!.Value;
        Eventually.Holds(() => File.ReadAllText(standby.Data.PostmasterPid).Contains("ready", StringComparison.Ordinal)); // and writes nothing into it any more
        Directory.Delete(standby.Data.Path, recursive: true);
        Eventually.Holds(() => !ProcessCalls.IsAlive(postmaster));
        Assert.That(standby.Log, Does.Contain("LOG:  could not open file \"postmaster.pid\": No such file or directory").And.Contain("performing immediate shutdown because data directory lock file is invalid"));
    }
}
