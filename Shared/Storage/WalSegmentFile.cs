using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>How a new segment gets its blocks.</summary>
public enum SegmentFill
{
    /// <summary>Written with zeros in full: later small writes are made durable fastest. wal_init_zero's way.</summary>
    Zeros,

    /// <summary>Allocated only: the segment is there at once, its first writes cost more. For bulk catch-up.</summary>
    Allocate,
}

/// <summary>One open WAL segment in pg_wal. Not thread-safe. Who may create, rename or write segments is decided elsewhere (one process at a time).</summary>
/// <remarks>Source of truth: XLogFileInitInternal, InstallXLogFileSegment, XLogWrite, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public sealed class WalSegmentFile : IDisposable
{
    private const int ZeroPiece = 1024 * 1024;

    private const int WritebackUnit = 1024 * 1024;

    private readonly SafeFileHandle _file;
    private readonly string _name;

    private WalSegmentFile(SafeFileHandle file, string path, WalSegment segment, int segmentSize)
    {
        _file = file;
        Path = path;
        Segment = segment;
        SegmentSize = segmentSize;
        _name = segment.FileName(segmentSize);
    }

    public string Path { get; }
    public WalSegment Segment { get; }
    public int SegmentSize { get; }

    /// <summary>For sendfile and the like; belongs to this object.</summary>
    public SafeFileHandle Handle => _file;

    public static string PathOf(DataDirectory data, WalSegment segment, int segmentSize) => System.IO.Path.Combine(data.Wal, segment.FileName(segmentSize));

    /// <exception cref="PgException">58P01 <c>could not open file "x": No such file or directory</c>: removed, or not there yet.</exception>
    public static WalSegmentFile OpenRead(DataDirectory data, WalSegment segment, int segmentSize) =>
        Open(data, segment, segmentSize, OpenFlags.ReadOnly);

    /// <returns><see langword="null"/>: there is no such file.</returns>
    public static WalSegmentFile? TryOpenRead(DataDirectory data, WalSegment segment, int segmentSize)
    {
        string path = PathOf(data, segment, segmentSize);
        int result = FileCalls.Open(path, OpenFlags.ReadOnly, 0, out SafeFileHandle? file);
        if (result == -FileCalls.ENOENT)
            return null;
        return new WalSegmentFile(file ?? throw FileError.Create(result, $"could not open file \"{path}\""), path, segment, segmentSize);
    }

    /// <exception cref="PgException">58P01: not there; XX001: not as long as a segment is, so its space is not reserved.</exception>
    public static WalSegmentFile OpenWrite(DataDirectory data, WalSegment segment, int segmentSize)
    {
        WalSegmentFile opened = Open(data, segment, segmentSize, OpenFlags.ReadWrite);
        long length = RandomAccess.GetLength(opened._file);
        if (length == segmentSize)
            return opened;
        opened.Dispose();
        throw new PgException(SqlStates.DataCorrupted, $"WAL segment file \"{opened.Path}\" has the wrong size", $"It has {length} bytes instead of {segmentSize}.",
            "Put the whole file back, or make this node anew from another one.");
    }

    /// <summary>Opens the segment for writing and makes it first if it is not there.</summary>
    public static WalSegmentFile OpenOrCreate(DataDirectory data, WalSegment segment, int segmentSize, SegmentFill fill = SegmentFill.Zeros)
    {
        if (!File.Exists(PathOf(data, segment, segmentSize)))
            Create(data, segment, segmentSize, fill);
        return OpenWrite(data, segment, segmentSize);
    }

    /// <summary>Makes a segment full of zeros, all its space reserved, its name durable.</summary>
    /// <returns>False: the name is taken; that file was left alone.</returns>
    /// <exception cref="PgException">53100 when the disk is full; nothing is left behind.</exception>
    public static bool Create(DataDirectory data, WalSegment segment, int segmentSize, SegmentFill fill = SegmentFill.Zeros)
    {
        bool installed = false;
        Make(data, (file, failure) => Reserve(file, segmentSize, fill, failure), temporary =>
        {
            CrashPoint.Reached("segment-made");
            installed = Install(temporary, data, segment, segmentSize);
        });
        return installed;
    }

    /// <summary>Puts the segment's bytes, as they are read now, into a new file under its name.</summary>
    /// <exception cref="PgException">They cannot be read, or the new file cannot be made durable; the old one is as it was.</exception>
    public static void Rewrite(DataDirectory data, WalSegment segment, int segmentSize)
    {
        Make(data, Copy, temporary => DurableFile.RenameReplacing(temporary, PathOf(data, segment, segmentSize)));

        void Copy(SafeFileHandle file, string failure)
        {
            using WalSegmentFile old = OpenRead(data, segment, segmentSize);
            byte[] piece = new byte[Math.Min(ZeroPiece, segmentSize)];
            for (int offset = 0; offset < segmentSize; offset += piece.Length)
            {
                piece.AsSpan(old.Read(offset, piece)).Clear();
                DurableFile.WriteAll(file, piece, offset, failure);
            }
        }
    }

    /// <summary>Makes a whole segment durable under a name of this process alone, then gives it its place.</summary>
    /// <param name="fill">Writes it; gets the message of a failure.</param>
    /// <param name="install">Gets the temporary name.</param>
    private static void Make(DataDirectory data, Action<SafeFileHandle, string> fill, Action<string> install)
    {
        string temporary = System.IO.Path.Combine(data.Wal, $"{WalDirectory.TemporaryPrefix}{Environment.ProcessId}");
        FileCalls.Unlink(temporary);
        try
        {
            using (SafeFileHandle file = DurableFile.Open(temporary, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive))
            {
                fill(file, $"could not write to file \"{temporary}\"");
                DurableFile.Sync(file, temporary);
            }
            install(temporary);
        }
        finally
        {
            FileCalls.Unlink(temporary); // gone already when it has its place
        }
    }

    /// <summary>Gives a segment that is no longer needed the name of a future one. Its old bytes stay: their page addresses tell that they are old.</summary>
    /// <returns>False: the new name is taken; nothing was changed.</returns>
    public static bool Recycle(DataDirectory data, WalSegment old, WalSegment future, int segmentSize)
    {
        string path = PathOf(data, old, segmentSize);
        using (SafeFileHandle file = DurableFile.Open(path, OpenFlags.ReadOnly))
        {
            if (RandomAccess.GetLength(file) != segmentSize)
                return false;
            DurableFile.Sync(file, path);
        }
        return Install(path, data, future, segmentSize);
    }

    /// <returns>Bytes read; fewer than asked for only at the end of the file.</returns>
    /// <exception cref="PgException"><c>could not read from log segment x, offset n</c>.</exception>
    public int Read(long offset, Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            long read = FileCalls.Pread(_file, destination[total..], offset + total);
            if (read < 0)
                throw FileError.Create(read, $"could not read from log segment {_name}, offset {offset}");
            if (read == 0)
                break;
            total += (int)read;
        }
        return total;
    }

    /// <summary>Writes everything; durable only after <see cref="SyncData"/>.</summary>
    /// <exception cref="PgException">53100 disk full, 58030 and its kin: <c>could not write to log file x at offset n, length m</c>.</exception>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        if (offset < 0 || offset + source.Length > SegmentSize)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "a write must stay within its segment");
        long result = DurableFile.TryWriteAll(_file, source, offset);
        if (result < 0)
            throw FileError.Create(result, $"could not write to log file {_name} at offset {offset}, length {source.Length}");
    }

    /// <summary>Lets the kernel begin to write the megabytes that end in these bytes, so that <see cref="SyncData"/> has less to wait for. Promises nothing.</summary>
    public void StartWriteback(long offset, int length)
    {
        long from = offset / WritebackUnit * WritebackUnit, to = (offset + length) / WritebackUnit * WritebackUnit;
        if (to > from)
            FileCalls.StartWriteback(_file, from, to - from);
    }

    /// <inheritdoc cref="DurableFile.SyncData"/>
    /// <remarks>A failure is noted (<see cref="DistrustedWal"/>): the next start writes the segment anew.</remarks>
    public void SyncData()
    {
        try
        {
            DurableFile.SyncData(_file, Path);
        }
        catch (PgException)
        {
            DistrustedWal.Note(Path);
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static WalSegmentFile Open(DataDirectory data, WalSegment segment, int segmentSize, OpenFlags flags)
    {
        string path = PathOf(data, segment, segmentSize);
        return new WalSegmentFile(DurableFile.Open(path, flags), path, segment, segmentSize);
    }

    private static void Reserve(SafeFileHandle file, int segmentSize, SegmentFill fill, string errorMessage)
    {
        if (fill == SegmentFill.Allocate)
        {
            FileError.ThrowIfNegative(FileCalls.Allocate(file, 0, segmentSize), errorMessage);
            return;
        }
        byte[] zeros = new byte[Math.Min(ZeroPiece, segmentSize)];
        for (int offset = 0; offset < segmentSize; offset += zeros.Length)
            DurableFile.WriteAll(file, zeros, offset, errorMessage);
    }

    private static bool Install(string from, DataDirectory data, WalSegment segment, int segmentSize)
    {
        string to = PathOf(data, segment, segmentSize);
        int result = FileCalls.Rename(from, to, replace: false);
        if (result == -FileCalls.EEXIST)
            return false;
        FileError.ThrowIfNegative(result, $"could not rename file \"{from}\" to \"{to}\"");
        CrashPoint.Reached("segment-installed");
        try
        {
            DurableFile.SyncDirectory(data.Wal);
        }
        catch (PgException)
        {
            DistrustedWal.Note(to); // its name may be in the kernel's cache alone: the next start gives it once more, to a new file
            throw;
        }
        return true;
    }
}
