using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>The control signals of a node, by their C names (Linux, x86-64).</summary>
public static class Signal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGUSR2 = 12;
    public const int SIGTERM = 15;

    /// <summary>Nobody can block these two: a process stands still, and goes on.</summary>
    public const int SIGCONT = 18, SIGSTOP = 19;

    /// <summary>What every process of a node blocks from before its exec and reads through a <see cref="SignalDescriptor"/>.</summary>
    public static readonly int[] Control = [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM];
}

/// <summary>A signalfd over the control signals: signals become readable bytes, so one poll waits for them and for sockets.</summary>
/// <remarks>The signals must be blocked before the runtime starts its threads (probes: blocking inside Main is too late). signalfd(2).</remarks>
public sealed partial class SignalDescriptor
{
    private const int SFD_NONBLOCK = 0x800;
    private const int SFD_CLOEXEC = 0x80000;
    private const int SIG_BLOCK = 0;
    private const int SignalInfoSize = 128; // sizeof(struct signalfd_siginfo); ssi_signo is its first uint32
    private readonly byte[] _buffer = new byte[SignalInfoSize];

    public SignalDescriptor()
    {
        ulong mask = Mask(Signal.Control);
        Descriptor = SystemError.Check(signalfd(-1, ref AsSet(ref mask)[0], SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
    }

    public int Descriptor { get; }

    /// <summary>The next pending signal, or 0.</summary>
    public int Take()
    {
        nint got;
        do
            got = read(Descriptor, ref _buffer[0], SignalInfoSize);
        while (SystemError.Interrupted(got));
        return got == SignalInfoSize ? BitConverter.ToInt32(_buffer, 0) : 0;
    }

    /// <summary>True when all control signals are blocked in the calling thread.</summary>
    public static bool ControlSignalsAreBlocked()
    {
        byte[] current = new byte[ProcessSpawner.SignalSetSize];
        ulong nothing = 0;
        int error = pthread_sigmask(SIG_BLOCK, ref AsSet(ref nothing)[0], ref current[0]);
        if (error != 0)
            throw new SystemCallException("pthread_sigmask", error);
        ulong wanted = Mask(Signal.Control);
        return (BitConverter.ToUInt64(current, 0) & wanted) == wanted;
    }

    /// <summary>Blocks the control signals in the calling thread alone; what it execs inherits the mask.</summary>
    public static void BlockControlSignals()
    {
        byte[] old = new byte[ProcessSpawner.SignalSetSize];
        ulong mask = Mask(Signal.Control);
        int error = pthread_sigmask(SIG_BLOCK, ref AsSet(ref mask)[0], ref old[0]);
        if (error != 0)
            throw new SystemCallException("pthread_sigmask", error);
    }

    /// <summary>The first 64 bits of a sigset_t: bit n-1 is signal n.</summary>
    internal static ulong Mask(IEnumerable<int> signals) => signals.Aggregate(0UL, (mask, signal) => mask | 1UL << (signal - 1));

    internal static byte[] AsSet(ref ulong mask)
    {
        byte[] set = new byte[ProcessSpawner.SignalSetSize];
        BitConverter.TryWriteBytes(set, mask);
        return set;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int signalfd(int descriptor, ref byte mask, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, ref byte buffer, nint count);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, ref byte set, ref byte old);
}
