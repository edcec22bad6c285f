namespace Pgrepl.TestSupport;

/// <summary>A file system of a few megabytes where a folder of a node is; the folder's own contents are on it.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    /// <param name="folder">Of a node that does not run.</param>
    /// <param name="owner">User whose folder it is.</param>
    public SmallDisk(string folder, int megabytes, string owner)
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Fail("this test mounts a small file system: it needs root");
        _folder = folder;
        string aside = folder + ".aside";
        Build.Expect(Build.Run("cp", ["-a", folder, aside]));
        Build.Expect(Build.Run("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700,uid={owner},gid={owner}", "tmpfs", folder]));
        Build.Expect(Build.Run("cp", ["-a", "-T", aside, folder]));
        Directory.Delete(aside, recursive: true);
    }

    public void Dispose() => Build.Expect(Build.Run("umount", ["--lazy", _folder]));
}
