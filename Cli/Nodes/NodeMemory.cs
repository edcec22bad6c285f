using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>The shared segment of a running node, to read alone: opened through the postmaster's entry in /proc, so nobody of the node need answer.</summary>
/// <remarks>Needs the node's user, or root. A mapping is never given back: open one and keep it until it is <see cref="SharedSegment.Doomed"/>.</remarks>
internal static class NodeMemory
{
    /// <summary>What memfd_create was told, as readlink shows it.</summary>
    private const string Link = "/memfd:pgrepl (deleted)";

    /// <returns><see langword="null"/>: it cannot be had, and <paramref name="whyNot"/> says why.</returns>
    internal static SharedSegment? TryOpen(int postmaster, out string? whyNot)
    {
        try
        {
            foreach (string descriptor in Directory.EnumerateFiles($"/proc/{postmaster}/fd"))
            {
                if (new FileInfo(descriptor).LinkTarget != Link)
                    continue;
                whyNot = null;
                return Map(descriptor);
            }
            whyNot = $"process {postmaster} has no shared memory segment of pgrepl";
        }
        catch (Exception e) when (e is PgException or SystemCallException or IOException or UnauthorizedAccessException)
        {
            whyNot = e is UnauthorizedAccessException ? $"permission denied to read the memory of process {postmaster}" : e.Message;
        }
        return null;
    }

    private static SharedSegment Map(string descriptor)
    {
        FileError.ThrowIfNegative(FileCalls.Open(descriptor, OpenFlags.ReadOnly, 0, out SafeFileHandle? handle), $"could not open file \"{descriptor}\"");
        using (handle) // the mapping stays
        {
            int number = (int)handle!.DangerousGetHandle();
            return SharedSegment.Attach(number, FileLength.Of(number), writable: false);
        }
    }
}
