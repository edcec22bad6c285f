using System.Diagnostics;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Postmaster;

/// <summary>postmaster.lock: an flock that lives as long as the postmaster or any child of it. So an orphan of a killed postmaster is never a second writer.</summary>
/// <remarks>Plays the part of CreateDataDirLockFile and PGSharedMemoryIsInUse, PostgreSQL 15, src/backend/utils/init/miscinit.c, src/backend/port/sysv_shmem.c.</remarks>
internal static class DataDirectoryLock
{
    private static readonly TimeSpan OrphanPatience = TimeSpan.FromSeconds(5);

    /// <param name="patience">How long orphans of a killed postmaster get to end; 5 s when not given.</param>
    /// <returns>The descriptor that holds the lock, above <see cref="Descriptors.ParentFloor"/>.</returns>
    /// <exception cref="PgException">A postmaster runs there (F0001), or what it left still does.</exception>
    public static int Acquire(DataDirectory data, TimeSpan? patience = null)
    {
        Stopwatch waited = Stopwatch.StartNew();
        Poller pause = new();
        pause.Add(-1, PollEvents.None);
        while (true)
        {
            int descriptor = Descriptors.OpenLocked(data.PostmasterLock);
            if (descriptor >= 0)
                return Descriptors.MoveUp(descriptor);
            if (PostmasterPidFile.TryRead(data) is { } running && running.Pid != Environment.ProcessId && ProcessCalls.IsAlive(running.Pid))
                throw new PgException(SqlStates.LockFileExists, "lock file \"postmaster.pid\" already exists",
                    hint: $"Is another postmaster (PID {running.Pid}) running in data directory \"{data.Path}\"?");
            if (waited.Elapsed > (patience ?? OrphanPatience))
                throw new PgException(SqlStates.LockFileExists, "pre-existing shared memory block is still in use",
                    hint: $"Terminate any old server processes associated with data directory \"{data.Path}\" (PIDs: {string.Join(", ", Holders(data.PostmasterLock))}).");
            _ = pause.Wait(50);
        }
    }

    /// <summary>Who has the lock file open, as far as /proc lets us see.</summary>
    private static IEnumerable<string> Holders(string path)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            string pid = Path.GetFileName(process);
            if (!int.TryParse(pid, out _))
                continue;
            bool holds;
            try
            {
                holds = Directory.EnumerateFiles(Path.Combine(process, "fd")).Any(fd => File.ResolveLinkTarget(fd, false)?.FullName == path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            if (holds)
                yield return pid;
        }
    }
}
