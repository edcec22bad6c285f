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
        throw new PgException(SqlStates.DataCorrupted, $"WAL segment file \"{opened.Path}\" has the wrong size", $"It has {length} bytes instead of {segmentSize}.");
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
        string temporary = System.IO.Path.Combine(data.Wal, $"{WalDirectory.TemporaryPrefix}{Environment.ProcessId}");
        FileCalls.Unlink(temporary);
        try
        {
            using (SafeFileHandle file = DurableFile.Open(temporary, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive))
            {
                Reserve(file, segmentSize, fill, $"could not write to file \"{temporary}\"");
                DurableFile.Sync(file, temporary);
            }
            return Install(temporary, data, segment, segmentSize);
        }
        finally
        {
            FileCalls.Unlink(temporary); // gone already when it was installed
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
            FileError.ThrowIfNegative(read, $"could not read from log segment {_name}, offset {offset}");
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
        DurableFile.WriteAll(_file, source, offset, $"could not write to log file {_name} at offset {offset}, length {source.Length}");
    }

    /// <inheritdoc cref="DurableFile.SyncData"/>
    /// <summary>Lets the kernel begin to write the megabytes that end in these bytes, so that <see cref="SyncData"/> has less to wait for. Promises nothing.</summary>
    public void StartWriteback(long offset, int length)
    {
        long from = offset / WritebackUnit * WritebackUnit, to = (offset + length) / WritebackUnit * WritebackUnit;
        if (to > from)
            FileCalls.StartWriteback(_file, from, to - from);
    }

    public void SyncData() => DurableFile.SyncData(_file, Path);

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
        DurableFile.SyncDirectory(data.Wal);
        return true;
    }
}
