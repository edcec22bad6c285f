using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Pgrepl.Shared.Native;

/// <summary>How a child ended: by exit(code) or by a signal. (.NET's Process.ExitCode cannot tell 137 from SIGKILL.)</summary>
public readonly record struct ExitStatus(bool Exited, int Code, int KilledBy)
{
    public override string ToString() => Exited ? $"exited with exit code {Code}" : $"was terminated by signal {KilledBy}";
}

/// <summary>Process calls that .NET lacks or gets wrong.</summary>
public static partial class ProcessCalls
{
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_SET_NAME = 15;
    private const int WNOHANG = 1;
    private const uint CLOSE_RANGE_CLOEXEC = 4;
    private const long SYS_pidfd_open = 434;

    public static int CurrentPid => System.Environment.ProcessId;

    public static int ParentPid => Syscall.getppid();

    public static uint EffectiveUserId => Syscall.geteuid();

    /// <summary>The login name of a user id, or null.</summary>
    public static string? UserName(uint userId) => Syscall.getpwuid(userId)?.pw_name;

    /// <returns>False when there is no such process (or we may not signal it).</returns>
    public static bool Kill(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>True while the pid names a process, be it somebody else's. A zombie is dead: it holds nothing any more.</summary>
    public static bool IsAlive(int pid)
    {
        if (kill(pid, 0) != 0 && SystemError.Last != SystemError.EPERM)
            return false;
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return !stat.AsSpan(stat.LastIndexOf(')') + 1).StartsWith(" Z", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return File.Exists($"/proc/{pid}");
        }
    }

    /// <summary>waitpid(pid, WNOHANG): never -1, which would steal from System.Diagnostics.Process.</summary>
    /// <returns>False while it runs. ECHILD counts as ended with exit code 255: somebody else reaped it.</returns>
    public static bool TryReap(int pid, out ExitStatus status)
    {
        int got, raw;
        do
            got = waitpid(pid, out raw, WNOHANG);
        while (SystemError.Interrupted(got));
        status = got == -1 ? new ExitStatus(true, 255, 0)
            : (raw & 0x7f) == 0 ? new ExitStatus(true, raw >> 8 & 0xff, 0)
            : new ExitStatus(false, 0, raw & 0x7f);
        return got != 0;
    }

    /// <summary>Ends a child at once and waits until it is gone.</summary>
    public static void KillAndReap(int pid)
    {
        _ = kill(pid, Signal.SIGKILL);
        int got;
        do
            got = waitpid(pid, out _, 0);
        while (SystemError.Interrupted(got));
    }

    /// <summary>A descriptor that polls readable when the process ends. Close it with <see cref="Descriptors.Close"/>.</summary>
    public static int OpenPidDescriptor(int pid) => (int)SystemError.Check((nint)syscall2(SYS_pidfd_open, pid, 0), "pidfd_open");

    /// <summary>Asks the kernel to SIGKILL us when the thread that spawned us ends; false when that parent is gone already.</summary>
    public static bool DieWithParent(int expectedParent)
    {
        SystemError.Check(prctl(PR_SET_PDEATHSIG, Signal.SIGKILL, 0, 0, 0), "prctl");
        return ParentPid == expectedParent;
    }

    /// <summary>What ps -o comm shows: 15 bytes.</summary>
    public static void SetName(string name) => _ = prctlName(PR_SET_NAME, name, 0, 0, 0);

    /// <summary>Marks every descriptor from <paramref name="first"/> on close-on-exec: what we spawn inherits none of them.</summary>
    public static void CloseOnExecFrom(int first) => SystemError.Check(close_range((uint)first, uint.MaxValue, CLOSE_RANGE_CLOEXEC), "close_range");

    /// <summary>Ends this process here and now: no finalizers, no buffers, no exit handlers.</summary>
    public static void ExitNow(int code) => _exit(code);

    /// <summary>umask(2); returns the old one.</summary>
    public static int SetFileModeMask(int mask) => (int)umask((uint)mask);

    /// <summary>This process and its children leave no core file: it would have passwords of upstreams and keys in it.</summary>
    public static void ForbidCoreFiles()
    {
        ulong[] none = [0, 0]; // soft and hard limit
        SystemError.Check(setrlimit(RLIMIT_CORE, none), "setrlimit");
    }

    private const int RLIMIT_CORE = 4;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, [In] ulong[] limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, long arg2, long arg3, long arg4, long arg5);

    [LibraryImport("libc", EntryPoint = "prctl", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int prctlName(int option, string name, long arg3, long arg4, long arg5);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close_range(uint first, uint last, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall2(long number, long arg1, long arg2);

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
