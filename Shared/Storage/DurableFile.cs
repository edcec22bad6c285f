using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>The one wrapper over fsync, fdatasync and rename. When a method returns, what it did survives a power cut. Everything it makes belongs to the
/// owner alone (0600, 0700).</summary>
/// <remarks>A failed fsync is thrown and never retried: the kernel may have dropped the dirty pages and would call the next one a success. Whoever catches
/// it must stop trusting the file. Source of truth: durable_rename, durable_unlink, fsync_fname, PostgreSQL 15, src/backend/storage/file/fd.c.</remarks>
public static class DurableFile
{
    /// <summary>No file that is read whole is larger: history, signal and configuration files.</summary>
    public const int MaxReadBytes = 64 * 1024 * 1024;

    /// <exception cref="PgException">58030 and its kin, <c>could not fdatasync file "x"</c>: crash.</exception>
    public static void SyncData(SafeFileHandle file, string path)
    {
        int result = FileCalls.Fdatasync(file);
        if (result < 0)
            throw FileError.Create(result, $"could not fdatasync file \"{path}\""); // no text before it is needed: commits wait for this call
    }

    /// <exception cref="PgException">58030 and its kin, <c>could not fsync file "x"</c>: crash.</exception>
    public static void Sync(SafeFileHandle file, string path) =>
        FileError.ThrowIfNegative(FileCalls.Fsync(file), $"could not fsync file \"{path}\"");

    /// <summary>Makes the names in a folder durable.</summary>
    public static void SyncDirectory(string path)
    {
        using SafeFileHandle directory = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        Sync(directory, path);
    }

    /// <exception cref="PgException"><c>could not open file "x"</c>, or <c>could not create file "x"</c> with <see cref="OpenFlags.Create"/>.</exception>
    public static SafeFileHandle Open(string path, OpenFlags flags)
    {
        int result = FileCalls.Open(path, flags, FileCalls.OwnerFile, out SafeFileHandle? file);
        return file ?? throw FileError.Create(result, (flags & OpenFlags.Create) != 0 ? $"could not create file \"{path}\"" : $"could not open file \"{path}\"");
    }

    /// <summary>All bytes of a small file; <see langword="null"/>: there is none.</summary>
    public static byte[]? TryRead(string path)
    {
        int result = FileCalls.Open(path, OpenFlags.ReadOnly, 0, out SafeFileHandle? file);
        if (result == -FileCalls.ENOENT)
            return null;
        if (file is null)
            throw FileError.Create(result, $"could not open file \"{path}\"");
        using (file)
        {
            byte[] buffer = new byte[4096];
            int length = 0;
            for (; ; )
            {
                long read = FileCalls.Pread(file, buffer.AsSpan(length), length);
                FileError.ThrowIfNegative(read, $"could not read file \"{path}\"");
                if (read == 0)
                    return buffer[..length];
                length += (int)read;
                if (length > MaxReadBytes)
                    throw new PgException(SqlStates.ProgramLimitExceeded, $"file \"{path}\" is too large", $"At most {MaxReadBytes} bytes are read.");
                if (length == buffer.Length)
                    Array.Resize(ref buffer, length * 2);
            }
        }
    }

    /// <summary>The file holds the old bytes or all of the new ones, never a mixture: temporary file, fsync, rename, fsync of the directory.</summary>
    /// <param name="temporary">Path of the temporary file, in the same folder; null: one of this process.</param>
    public static void Replace(string path, ReadOnlySpan<byte> contents, string? temporary = null)
    {
        temporary ??= TemporaryOf(path);
        WriteTemporary(temporary, contents);
        CrashPoint.Reached("temporary", path);
        int result = FileCalls.Rename(temporary, path, replace: true);
        if (result < 0)
        {
            FileCalls.Unlink(temporary);
            throw RenameError(result, temporary, path);
        }
        SyncDirectory(DirectoryOf(path));
    }

    /// <summary>Makes a file that never changes afterwards.</summary>
    /// <returns>False: it was there with the same bytes, which are durable now.</returns>
    /// <exception cref="PgException">58P02: it is there with other bytes, which are left alone.</exception>
    public static bool Create(string path, ReadOnlySpan<byte> contents)
    {
        if (IsStored(path, contents))
            return false;
        string temporary = TemporaryOf(path);
        WriteTemporary(temporary, contents);
        CrashPoint.Reached("temporary", path);
        int result = FileCalls.Rename(temporary, path, replace: false);
        if (result < 0)
        {
            FileCalls.Unlink(temporary);
            if (result == -FileCalls.EEXIST && IsStored(path, contents))
                return false; // somebody made the same file meanwhile
            throw RenameError(result, temporary, path);
        }
        SyncDirectory(DirectoryOf(path));
        return true;
    }

    /// <summary>Syncs the file, then gives it its new name, replacing what had it.</summary>
    public static void RenameReplacing(string from, string to) => Rename(from, to, replace: true);

    /// <exception cref="PgException">58P02: <paramref name="to"/> exists; both files are as they were.</exception>
    public static void RenameNew(string from, string to) => Rename(from, to, replace: false);

    /// <summary>A file that is not there is fine; its absence is made durable too.</summary>
    public static void Remove(string path)
    {
        int result = FileCalls.Unlink(path);
        if (result != -FileCalls.ENOENT)
            FileError.ThrowIfNegative(result, $"could not remove file \"{path}\"");
        SyncDirectory(DirectoryOf(path));
    }

    /// <summary>A folder that is there already is fine.</summary>
    public static void CreateDirectory(string path)
    {
        int result = FileCalls.MakeDirectory(path, FileCalls.OwnerDirectory);
        if (result != -FileCalls.EEXIST || !Directory.Exists(path))
            FileError.ThrowIfNegative(result, $"could not create directory \"{path}\"");
        SyncDirectory(DirectoryOf(path));
    }

    /// <summary>Writes everything, in as many calls as it takes.</summary>
    /// <exception cref="PgException">53100 when the disk is full, also when the call did not say so but wrote nothing.</exception>
    internal static void WriteAll(SafeFileHandle file, ReadOnlySpan<byte> source, long offset, string errorMessage) =>
        FileError.ThrowIfNegative(TryWriteAll(file, source, offset), errorMessage);

    /// <summary>The same for those who write often: they need a message when it failed, and not before.</summary>
    /// <returns>0, or minus errno.</returns>
    internal static long TryWriteAll(SafeFileHandle file, ReadOnlySpan<byte> source, long offset)
    {
        while (source.Length > 0)
        {
            long written = FileCalls.Pwrite(file, source, offset);
            if (written <= 0)
                return written == 0 ? -FileCalls.ENOSPC : written;
            source = source[(int)written..];
            offset += written;
        }
        return 0;
    }

    internal static string DirectoryOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : path.StartsWith('/') ? "/" : ".";

    private static void Rename(string from, string to, bool replace)
    {
        using (SafeFileHandle file = Open(from, OpenFlags.ReadOnly))
            Sync(file, from);
        int result = FileCalls.Rename(from, to, replace);
        if (result < 0)
            throw RenameError(result, from, to);
        SyncDirectory(DirectoryOf(to));
        if (DirectoryOf(from) != DirectoryOf(to))
            SyncDirectory(DirectoryOf(from));
    }

    /// <summary>A name of its own: this process's number after the name that the file will get.</summary>
    private static string TemporaryOf(string path) => $"{path}.tmp.{Environment.ProcessId}";

    /// <summary>The bytes are on disk under this name.</summary>
    private static void WriteTemporary(string temporary, ReadOnlySpan<byte> contents)
    {
        FileCalls.Unlink(temporary); // left by an earlier try
        try
        {
            using SafeFileHandle file = Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive);
            WriteAll(file, contents, 0, $"could not write to file \"{temporary}\"");
            Sync(file, temporary);
        }
        catch
        {
            FileCalls.Unlink(temporary);
            throw;
        }
    }

    private static bool IsStored(string path, ReadOnlySpan<byte> contents)
    {
        if (TryRead(path) is not { } stored)
            return false;
        if (!contents.SequenceEqual(stored))
            throw new PgException(SqlStates.DuplicateFile, $"file \"{path}\" already exists with other contents", "A file of this kind never changes once it is stored.");
        using (SafeFileHandle file = Open(path, OpenFlags.ReadOnly))
            Sync(file, path);
        SyncDirectory(DirectoryOf(path)); // who wrote it may have died before this
        return true;
    }

    private static PgException RenameError(int error, string from, string to) => FileError.Create(error, $"could not rename file \"{from}\" to \"{to}\"");
}
