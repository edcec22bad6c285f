using System.Text;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>WAL segments whose fdatasync failed, or the fsync of the folder that made their name durable. What reading them shows may be in the kernel's cache alone, and the next fdatasync would call it durable: the kernel tells an error
/// once. The next start writes them anew, into other blocks.</summary>
/// <remarks>A file of the data directory, a line a failure: the segment's name. It is not made durable, on purpose: it must live as long as the kernel's cache, and the power cut that
/// takes it takes the cache too. Ours alone: PostgreSQL 15 panics, and then believes the cache.</remarks>
public static class DistrustedWal
{
    /// <summary>Notes a failure; one that cannot be noted changes nothing, its disk takes no writes at all.</summary>
    /// <param name="segmentPath">In pg_wal.</param>
    internal static void Note(string segmentPath)
    {
        DataDirectory data = new(Path.GetDirectoryName(Path.GetDirectoryName(segmentPath))!);
        _ = FileCalls.Open(data.DistrustedWal, OpenFlags.ReadWrite | OpenFlags.Create, FileCalls.OwnerFile, out SafeFileHandle? file);
        using (file)
            if (file is not null)
                _ = FileCalls.Pwrite(file, Encoding.ASCII.GetBytes(Path.GetFileName(segmentPath) + "\n"), RandomAccess.GetLength(file));
    }

    /// <summary>How often the fdatasync of each has failed, by file name.</summary>
    public static IReadOnlyDictionary<string, int> Read(DataDirectory data) =>
        Encoding.ASCII.GetString(DurableFile.TryRead(data.DistrustedWal) ?? []).Split('\n', StringSplitOptions.RemoveEmptyEntries).CountBy(name => name).ToDictionary();

    public static void Forget(DataDirectory data) => FileCalls.Unlink(data.DistrustedWal);
}
