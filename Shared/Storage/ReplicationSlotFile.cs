using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>pg_replslot/NAME/state on disk. A slot is there, durably, or it is not: its folder gets its name last and loses it first.</summary>
/// <remarks>One writer for a slot at a time is the caller's business. A name is a valid one (<see cref="ReplicationSlotName"/>). A failed
/// <see cref="Save"/> is no crash: nothing counts as stored before the call returns, and every attempt writes a new file. A slot that got or lost its name without
/// the directory being durable is one, as in PostgreSQL's critical sections: <see cref="NotDurableException"/>.
/// Source of truth: CreateSlotOnDisk, SaveSlotToPath, RestoreSlotFromDisk, ReplicationSlotDropPtr, PostgreSQL 15, src/backend/replication/slot.c.</remarks>
public static class ReplicationSlotFile
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>Names in pg_replslot, those of whole slots and of what a crash has left.</summary>
    public static IReadOnlyList<string> List(DataDirectory data) => !Directory.Exists(data.ReplicationSlots) ? [] :
        [.. Directory.EnumerateDirectories(data.ReplicationSlots).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>The folder of a slot that was being made or dropped.</summary>
    public static bool IsLeftover(string name) => name.EndsWith(TemporarySuffix, StringComparison.Ordinal);

    /// <summary>Makes the slot.</summary>
    /// <exception cref="NotDurableException">It is made, until a power cut takes it away.</exception>
    /// <exception cref="PgException">It could not be made, or there is one of this name; nothing of it is left but what <see cref="List"/> shows as left over.</exception>
    public static void Create(DataDirectory data, ReplicationSlotData slot, PostgresMajor major)
    {
        string path = FolderOf(data, slot.Name), temporary = path + TemporarySuffix;
        if (Directory.Exists(temporary))
            RemoveFolder(data, temporary);
        DurableFile.CreateDirectory(data.ReplicationSlots);
        DurableFile.CreateDirectory(temporary);
        DurableFile.Replace(StateIn(temporary), slot.ToBytes(major), StateIn(temporary) + TemporarySuffix);
        Rename(temporary, path);
    }

    /// <summary>Stores the slot anew.</summary>
    /// <exception cref="PgException">The file holds the old contents or the new ones.</exception>
    public static void Save(DataDirectory data, ReplicationSlotData slot, PostgresMajor major)
    {
        string state = StateIn(FolderOf(data, slot.Name));
        DurableFile.Replace(state, slot.ToBytes(major), state + TemporarySuffix);
    }

    /// <summary>Takes the name away: after a crash the slot is no more. <see cref="RemoveDropped"/> does the rest.</summary>
    /// <exception cref="PgException">The slot is as it was.</exception>
    /// <exception cref="NotDurableException">It is gone, until a power cut brings it back.</exception>
    public static void Drop(DataDirectory data, string name) => Rename(FolderOf(data, name), FolderOf(data, name) + TemporarySuffix);

    /// <summary>Removes what <see cref="Drop"/> has left.</summary>
    /// <exception cref="PgException"><c>could not remove directory "x"</c>: the next start tries again.</exception>
    public static void RemoveDropped(DataDirectory data, string name) => Remove(data, name + TemporarySuffix);

    /// <summary>Removes a folder of pg_replslot, which nobody uses.</summary>
    /// <exception cref="PgException"><c>could not remove directory "x"</c></exception>
    public static void Remove(DataDirectory data, string name) => RemoveFolder(data, FolderOf(data, name));

    /// <summary>Reads a slot at start, after making sure that it is on disk: a crash may have come before its fsync.</summary>
    /// <exception cref="PgException">As <see cref="ReplicationSlotData.Parse"/>, or the file cannot be read.</exception>
    public static ReplicationSlotData Restore(DataDirectory data, string name, PostgresMajor major)
    {
        string folder = FolderOf(data, name), state = StateIn(folder);
        DurableFile.Remove(state + TemporarySuffix);
        using (SafeFileHandle file = DurableFile.Open(state, OpenFlags.ReadWrite))
            DurableFile.Sync(file, state);
        DurableFile.SyncDirectory(folder);
        return ReplicationSlotData.Parse(DurableFile.TryRead(state), $"pg_replslot/{name}/state", major);
    }

    private static string FolderOf(DataDirectory data, string name) => Path.Combine(data.ReplicationSlots, name);

    private static string StateIn(string folder) => Path.Combine(folder, "state");

    private static void Rename(string from, string to)
    {
        try
        {
            DurableFile.RenameNew(from, to);
        }
        catch (PgException error) when (!Directory.Exists(from) && Directory.Exists(to))
        {
            throw new NotDurableException(error);
        }
    }

    private static void RemoveFolder(DataDirectory data, string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new PgException(SqlStates.IoError, $"could not remove directory \"{path}\"", inner: error);
        }
        DurableFile.SyncDirectory(data.ReplicationSlots);
    }
}
