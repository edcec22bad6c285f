using Microsoft.Win32.SafeHandles;

namespace Pgrepl.Shared.Storage;

/// <summary>The length of what stands behind a bare descriptor.</summary>
public static class FileLength
{
    /// <returns>Bytes.</returns>
    public static long Of(int descriptor)
    {
        using SafeFileHandle handle = new(descriptor, ownsHandle: false);
        return RandomAccess.GetLength(handle);
    }
}
