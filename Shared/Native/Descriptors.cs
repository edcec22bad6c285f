using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>Bare descriptors that pass between processes: eventfd, pairs, locks. Files have SafeFileHandle.</summary>
public static partial class Descriptors
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int O_RDWR_CREAT_CLOEXEC = 0x2 | 0x40 | 0x80000;

    /// <summary>Descriptors a parent passes on are moved above this number, so that dup2 onto a child's low numbers never hits a source.</summary>
    public const int ParentFloor = 600;

    /// <summary>A fresh eventfd, nonblocking, close-on-exec.</summary>
    public static int CreateEvent() => SystemError.Check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");

    /// <summary>Adds one to an eventfd: its owner's poll returns. A full counter (EAGAIN) is awake already.</summary>
    public static void SignalEvent(int descriptor)
    {
        ulong one = 1;
        nint result;
        do
            result = write(descriptor, ref one, 8);
        while (SystemError.Interrupted(result));
    }

    public static void DrainEvent(int descriptor)
    {
        ulong ignored = 0;
        nint result;
        do
            result = read(descriptor, ref ignored, 8);
        while (SystemError.Interrupted(result));
    }

    /// <summary>Duplicates to the lowest free number at or above <see cref="ParentFloor"/> (close-on-exec) and closes the original, come what may.</summary>
    /// <exception cref="SystemCallException">EMFILE, or EINVAL where RLIMIT_NOFILE is below the floor.</exception>
    public static int MoveUp(int descriptor)
    {
        int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, ParentFloor), errno = SystemError.Last;
        Close(descriptor);
        return moved >= 0 ? moved : throw new SystemCallException("fcntl", errno);
    }

    /// <summary>Opens (and makes, mode 0600) a file and takes an exclusive flock, which lives as long as any process holds this open file.</summary>
    /// <returns>The descriptor, or -1 when somebody holds the lock.</returns>
    public static int OpenLocked(string path)
    {
        int descriptor = SystemError.Check(open(path, O_RDWR_CREAT_CLOEXEC, 0x180 /* 0600 */), $"could not open lock file \"{path}\"");
        int result;
        do
            result = flock(descriptor, LOCK_EX | LOCK_NB);
        while (SystemError.Interrupted(result));
        if (result == 0)
            return descriptor;
        int errno = SystemError.Last;
        Close(descriptor);
        return errno == SystemError.EAGAIN ? -1 : throw new SystemCallException("flock", errno);
    }

    public static void Close(int descriptor) => _ = close(descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ref ulong value, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, ref ulong value, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
