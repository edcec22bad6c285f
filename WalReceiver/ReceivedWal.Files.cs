using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

// Segment files: one is open at a time.
internal sealed partial class ReceivedWal
{
    private const int CopyPieceSize = 1024 * 1024;

    private WalSegmentFile? _file;

    private void Write(Lsn from, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            WalSegment segment = WalSegment.Containing(from, _timeline, _segmentSize);
            if (_file?.Segment != segment)
            {
                Sync();
                _file?.Dispose();
                _file = null;
                _file = Open(segment);
            }
            int offset = (int)(from.Value % (ulong)_segmentSize);
            int part = Math.Min(bytes.Length, _segmentSize - offset);
            _file.Write(offset, bytes[..part]);
            from += (ulong)part;
            bytes = bytes[part..];
            Written = from;
            if (CatchingUp)
                _file.StartWriteback(offset, part);
            if (offset + part == _segmentSize)
                Sync();
        }
    }

    private WalSegmentFile Open(WalSegment segment)
    {
        bool isNew = !WalDirectory.Exists(_data, segment, _segmentSize);
        try
        {
            if (isNew && segment.Start(_segmentSize) < _writeFrom)
                CreateCopy(segment);
            return WalSegmentFile.OpenOrCreate(_data, segment, _segmentSize, CatchingUp ? SegmentFill.Allocate : SegmentFill.Zeros);
        }
        catch (PgException error) when (isNew && WalDirectory.Exists(_data, segment, _segmentSize))
        {
            _panic(error); // it has its name, and a power cut may take it away: the next of us would find the segment there
            throw;
        }
    }

    /// <summary>The first segment of a new timeline begins with what we have of the old one. It gets its name with these bytes in it: were it
    /// there without them for a moment, a restart would read it first and think that our WAL ends earlier.</summary>
    /// <remarks>As XLogFileCopy does at a promotion, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
    private void CreateCopy(WalSegment segment)
    {
        string temporary = Path.Combine(_data.Wal, $"{WalDirectory.TemporaryPrefix}{Environment.ProcessId}");
        File.Delete(temporary);
        try
        {
            using (SafeFileHandle file = DurableFile.Open(temporary, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive))
            {
                byte[] piece = new byte[CopyPieceSize];
                Lsn start = segment.Start(_segmentSize);
                for (int offset = 0; offset < _segmentSize; offset += piece.Length)
                {
                    piece.AsSpan().Clear();
                    for (int at = 0; at < piece.Length && start + (ulong)(offset + at) < _validFrom; at += WalFormat.PageSize)
                        CopyPage(start + (ulong)(offset + at), piece.AsSpan(at));
                    RandomAccess.Write(file, piece, offset);
                }
            }
            CrashPoint.Reached("copy-made");
            DurableFile.RenameNew(temporary, WalSegmentFile.PathOf(_data, segment, _segmentSize));
        }
        catch (IOException error)
        {
            throw new PgException(SqlStates.IoError, $"could not write to file \"{temporary}\": {error.Message}", inner: error);
        }
        finally
        {
            File.Delete(temporary); // gone already when all went well
        }
    }

    private void CopyPage(Lsn pageStart, Span<byte> target)
    {
        int length = (int)Math.Min(WalFormat.PageSize, (ulong)_validFrom.BytesSince(pageStart));
        WalPageResult result = _disk.ReadPage(pageStart, length, pageStart, _page);
        if (result.Status != WalPageStatus.Available)
            throw new PgException(SqlStates.DataCorrupted, $"could not copy WAL at {pageStart} to timeline {_timeline}", result.Error);
        _page.AsSpan(0, length).CopyTo(target);
    }
}
