using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>A system call that failed: errno kept as a number, the text as strerror gives it (PostgreSQL's %m).</summary>
public sealed class SystemCallException(string call, int errno) : Exception($"{call}: {SystemError.Text(errno)}")
{
    public int Errno { get; } = errno;
}

/// <summary>errno values by their C names (Linux, x86-64) and the one place that decides about EINTR.</summary>
public static class SystemError
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int EBADF = 9;
    public const int ECHILD = 10;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EEXIST = 17;
    public const int EINVAL = 22;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOSPC = 28;
    public const int EPIPE = 32;
    public const int EDQUOT = 122;
    public const int ECONNRESET = 104;
    public const int ENOBUFS = 105;

    /// <summary>strerror.</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>errno of the P/Invoke just made. Nothing may come between the call and this.</summary>
    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>Passes a result through; -1 becomes an exception that names the call.</summary>
    /// <exception cref="SystemCallException">The result was -1.</exception>
    internal static int Check(int result, string call) => result != -1 ? result : throw new SystemCallException(call, Last);

    internal static nint Check(nint result, string call) => result != -1 ? result : throw new SystemCallException(call, Last);

    /// <summary>True when a call failed with EINTR and is to be made again.</summary>
    internal static bool Interrupted(long result) => result == -1 && Last == EINTR;
}
