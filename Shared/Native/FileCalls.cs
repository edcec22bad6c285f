using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace Pgrepl.Shared.Native;

/// <summary>How a file is opened. The bits are Linux's own on x86-64.</summary>
[Flags]
public enum OpenFlags
{
    ReadOnly = 0,
    WriteOnly = 0x1,
    ReadWrite = 0x2,
    Create = 0x40,
    Exclusive = 0x80,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,
    Directory = 0x10000,
    NoFollow = 0x20000,
    CloseOnExec = 0x80000,
}

/// <summary>flock(2)'s operations.</summary>
[Flags]
public enum FileLock
{
    Shared = 1,
    Exclusive = 2,
    NonBlocking = 4,
    Unlock = 8,
}

/// <summary>The file system calls that .NET lacks or whose errors it loses. Every result is the kernel's own convention: zero or more is success,
/// a negative value is minus errno. EINTR is retried here and nowhere else.</summary>
/// <remarks>Source of truth: the man pages of section 2; the numbers are x86-64's.</remarks>
public static partial class FileCalls
{
    /// <summary>Owner reads and writes: every file of a data directory.</summary>
    public const int OwnerFile = 0b110_000_000;

    /// <summary>Owner alone: every folder of a data directory.</summary>
    public const int OwnerDirectory = 0b111_000_000;

    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENOMEM = 12, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22,
        ENFILE = 23, EMFILE = 24, EPIPE = 32, EFBIG = 27, ENOSPC = 28, EROFS = 30, EWOULDBLOCK = 11, ENOTEMPTY = 39, EDQUOT = 122;

    private const string Library = "libc";
    private const int AT_FDCWD = -100;
    private const uint RENAME_NOREPLACE = 1;
    private const uint SYNC_FILE_RANGE_WRITE = 2;

    /// <summary>Opens close-on-exec, whatever the flags say.</summary>
    /// <param name="mode">Of a file that is created here; the umask takes bits away.</param>
    /// <param name="handle">The open file; <see langword="null"/> after an error.</param>
    /// <returns>Zero, or minus errno.</returns>
    public static int Open(string path, OpenFlags flags, int mode, out SafeFileHandle? handle)
    {
        int descriptor;
        do
            descriptor = open(path, (int)(flags | OpenFlags.CloseOnExec), mode);
        while (Again(descriptor, out _));
        handle = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError() : 0;
    }

    /// <returns>Bytes read, zero at the end of the file, or minus errno. May be fewer than asked for.</returns>
    public static long Pread(SafeFileHandle file, Span<byte> destination, long offset)
    {
        nint result;
        int error;
        do
            result = pread(file, destination, (nuint)destination.Length, offset);
        while (Again(result, out error));
        return result < 0 ? -error : result;
    }

    /// <returns>Bytes written, or minus errno. May be fewer than asked for.</returns>
    public static long Pwrite(SafeFileHandle file, ReadOnlySpan<byte> source, long offset)
    {
        nint result;
        int error;
        do
            result = pwrite(file, source, (nuint)source.Length, offset);
        while (Again(result, out error));
        return result < 0 ? -error : result;
    }

    /// <summary>write(2): at the place of the open file, which others may share.</summary>
    /// <returns>Bytes written, or minus errno. May be fewer than asked for.</returns>
    public static long Write(SafeFileHandle file, ReadOnlySpan<byte> source)
    {
        nint result;
        int error;
        do
            result = write(file, source, (nuint)source.Length);
        while (Again(result, out error));
        return result < 0 ? -error : result;
    }

    /// <summary>sync_file_range(2), SYNC_FILE_RANGE_WRITE alone: begins to write pages that are dirty and waits for none, so it neither sees nor takes away an error that
    /// fdatasync is to report. Its own failure means nothing.</summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length) => _ = sync_file_range(file, offset, length, SYNC_FILE_RANGE_WRITE);

    /// <summary>Repeated after EINTR only: that is no failed write-back. Any other failure may have dropped dirty pages and must not be tried again.</summary>
    public static int Fsync(SafeFileHandle file)
    {
        int result, error;
        do
            result = fsync(file);
        while (Again(result, out error));
        return result < 0 ? -error : 0;
    }

    /// <inheritdoc cref="Fsync"/>
    public static int Fdatasync(SafeFileHandle file)
    {
        int result, error;
        do
            result = fdatasync(file);
        while (Again(result, out error));
        return result < 0 ? -error : 0;
    }

    /// <summary>Allocates the blocks of a range; they read as zeros.</summary>
    public static int Allocate(SafeFileHandle file, long offset, long length)
    {
        int error;
        do
            error = posix_fallocate(file, offset, length); // the error is the result, errno stays as it was
        while (error == EINTR);
        return -error;
    }

    public static int Truncate(SafeFileHandle file, long length)
    {
        int result, error;
        do
            result = ftruncate(file, length);
        while (Again(result, out error));
        return result < 0 ? -error : 0;
    }

    /// <param name="replace">False: -EEXIST when <paramref name="to"/> exists (RENAME_NOREPLACE).</param>
    public static int Rename(string from, string to, bool replace) =>
        renameat2(AT_FDCWD, from, AT_FDCWD, to, replace ? 0 : RENAME_NOREPLACE) < 0 ? LastError() : 0;

    public static int Unlink(string path) => unlink(path) < 0 ? LastError() : 0;

    public static int MakeDirectory(string path, int mode) => mkdir(path, (uint)mode) < 0 ? LastError() : 0;

    public static int ChangeMode(SafeFileHandle file, int mode) => fchmod(file, (uint)mode) < 0 ? LastError() : 0;

    /// <summary>User id of the owner, and the permission bits (mode &amp; 0777) of what the path leads to.</summary>
    /// <returns><see langword="null"/>: it cannot be looked at.</returns>
    public static (uint Owner, int Mode)? OwnerAndMode(string path) =>
        Syscall.stat(path, out Stat found) == 0 ? (found.st_uid, (int)found.st_mode & 0b111_111_111) : null;

    /// <summary>-EWOULDBLOCK: <see cref="FileLock.NonBlocking"/> was asked for and somebody else holds it. The lock belongs to the open file, so a
    /// descriptor that a child inherits keeps it.</summary>
    public static int Lock(SafeFileHandle file, FileLock operation)
    {
        int result, error;
        do
            result = flock(file, (int)operation);
        while (Again(result, out error));
        return result < 0 ? -error : 0;
    }

    /// <summary>strerror of <paramref name="error"/>, which may be negative, as the calls here return it.</summary>
    public static string Describe(long error) => Marshal.GetPInvokeErrorMessage((int)Math.Abs(error));

    private static int LastError() => -Marshal.GetLastPInvokeError();

    /// <summary>Reads errno, on the line after the call, and decides EINTR.</summary>
    private static bool Again(nint result, out int error)
    {
        error = result < 0 ? Marshal.GetLastPInvokeError() : 0;
        return error == EINTR;
    }

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode); // variadic in C; on this ABI an int argument is passed the same way

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint pread(SafeFileHandle file, Span<byte> buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport(Library)]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport(Library)]
    private static partial int posix_fallocate(SafeFileHandle file, long offset, long length);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
