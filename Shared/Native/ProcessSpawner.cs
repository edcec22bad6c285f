using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>Starts a process with posix_spawn: exactly the descriptors we name, a chosen signal mask, default dispositions, own session.</summary>
/// <remarks>PR_SET_PDEATHSIG in the child watches the *thread* that spawned it: a postmaster spawns from its main thread alone. posix_spawn(3), glibc on x86-64.</remarks>
public static partial class ProcessSpawner
{
    /// <summary>sizeof(sigset_t), bytes.</summary>
    internal const int SignalSetSize = 128;

    private const int SpawnAttributesSize = 512;  // sizeof(posix_spawnattr_t) is 336: opaque, so room to spare
    private const int SpawnFileActionsSize = 256; // sizeof(posix_spawn_file_actions_t) is 80
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;

    /// <param name="descriptors">Which of our descriptors it gets under which number. Sources must lie above all targets (see <see cref="Descriptors.MoveUp"/>).</param>
    /// <param name="environmentOverrides">Added to our environment; a null value removes.</param>
    /// <param name="blockSignals">True: starts with the control signals blocked (our own children); false: with an empty mask.</param>
    /// <param name="workingDirectory"><see langword="null"/>: ours.</param>
    /// <returns>The pid.</returns>
    /// <exception cref="SystemCallException">Not started.</exception>
    public static int Spawn(
        string path,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string?> environmentOverrides,
        IReadOnlyList<(int SourceFd, int TargetFd)> descriptors,
        bool newSession,
        bool blockSignals,
        string? workingDirectory = null)
    {
        byte[] attributes = new byte[SpawnAttributesSize];
        byte[] actions = new byte[SpawnFileActionsSize];
        Require(posix_spawnattr_init(ref attributes[0]), "posix_spawnattr_init");
        Require(posix_spawn_file_actions_init(ref actions[0]), "posix_spawn_file_actions_init");
        try
        {
            short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
            if (newSession)
                flags |= POSIX_SPAWN_SETSID;
            ulong mask = blockSignals ? SignalDescriptor.Mask(Signal.Control) : 0;
            ulong all = ulong.MaxValue & ~(1UL << 31 | 1UL << 32); // glibc keeps 32 and 33 for itself
            Require(posix_spawnattr_setflags(ref attributes[0], flags), "posix_spawnattr_setflags");
            Require(posix_spawnattr_setsigmask(ref attributes[0], ref SignalDescriptor.AsSet(ref mask)[0]), "posix_spawnattr_setsigmask");
            Require(posix_spawnattr_setsigdefault(ref attributes[0], ref SignalDescriptor.AsSet(ref all)[0]), "posix_spawnattr_setsigdefault");
            foreach ((int source, int target) in descriptors)
                Require(posix_spawn_file_actions_adddup2(ref actions[0], source, target), "posix_spawn_file_actions_adddup2");

            if (workingDirectory is not null)
                Require(posix_spawn_file_actions_addchdir_np(ref actions[0], workingDirectory), "posix_spawn_file_actions_addchdir_np");
            string?[] argv = [.. arguments, null];
            string?[] envp = [.. Environment(environmentOverrides), null];
            int error = posix_spawn(out int pid, path, ref actions[0], ref attributes[0], argv, envp);
            return error == 0 ? pid : throw new SystemCallException($"could not start \"{path}\"", error);
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(ref actions[0]);
            _ = posix_spawnattr_destroy(ref attributes[0]);
        }
    }

    /// <summary>Replaces this process by itself (same pid, same arguments) with the control signals blocked. Returns only by exception.</summary>
    public static void ExecuteSelfAgain(IReadOnlyList<string> arguments)
    {
        SignalDescriptor.BlockControlSignals();
        _ = execve(System.Environment.ProcessPath!, [System.Environment.ProcessPath!, .. arguments, null], [.. Environment(new Dictionary<string, string?>()), null]);
        throw new SystemCallException("execve", SystemError.Last);
    }

    private static IEnumerable<string> Environment(IReadOnlyDictionary<string, string?> overrides)
    {
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            if (!overrides.ContainsKey((string)entry.Key))
                yield return $"{entry.Key}={entry.Value}";
        foreach ((string name, string? value) in overrides)
            if (value is not null)
                yield return $"{name}={value}";
    }

    private static void Require(int error, string call)
    {
        if (error != 0)
            throw new SystemCallException(call, error);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, ref byte actions, ref byte attributes, string?[] argv, string?[] envp);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int execve(string path, string?[] argv, string?[] envp);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(ref byte attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(ref byte attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(ref byte attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(ref byte attributes, ref byte set);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(ref byte attributes, ref byte set);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(ref byte actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(ref byte actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(ref byte actions, string path);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(ref byte actions, int descriptor, int target);
}
