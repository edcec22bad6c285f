using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>The page source of waldump: the segments of one timeline in one folder, up to an end position.</summary>
/// <remarks>A file that is missing or too short ends the program, as it ends pg_waldump. pg_waldump waits 5 s for a missing file; this does so when it follows, for only then can it come.
/// Source of truth: WALDumpReadPage, WALDumpOpenSegment, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c; WALRead, src/backend/access/transam/xlogreader.c.</remarks>
/// <param name="interrupted">Ends a wait.</param>
internal sealed class WaldumpPages(WaldumpSettings settings, CancellationToken interrupted) : IWalPageSource, IDisposable
{
    private const int Tries = 10;
    private const int PagesAtOnce = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private SafeFileHandle? _file;
    private ulong _number;

    // Of a file that is read page after page several are fetched at once; not when more may come to them.
    private readonly byte[] _fetched = new byte[settings.Follow ? 0 : PagesAtOnce * WalFormat.PageSize];
    private int _fetchedFrom, _fetchedEnd; // where in the file, bytes
    private int _expected;                 // where the page after the one read last is

    /// <summary>A page beyond the end was asked for.</summary>
    internal bool EndReached { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="PgException">The file is missing, or cannot be read.</exception>
    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        int count = WalFormat.PageSize;
        if (settings.End.IsValid && pageStart + (ulong)count > settings.End)
        {
            if (pageStart + (ulong)requiredBytes > settings.End)
            {
                EndReached = true;
                return WalPageResult.Failed(null);
            }
            count = (int)settings.End.BytesSince(pageStart);
        }
        ulong number = pageStart.Value / (ulong)settings.SegmentSize;
        if (_file is null || number != _number)
            Open(number);
        int offset = (int)(pageStart.Value % (ulong)settings.SegmentSize);
        if (!ReadFetched(page[..count], offset))
            Read(page[..count], offset);
        return WalPageResult.Available(count, settings.Timeline);
    }

    public void Dispose() => _file?.Dispose();

    /// <returns>False: it was not fetched, for it does not follow the page before, or could not be.</returns>
    private bool ReadFetched(Span<byte> target, int offset)
    {
        bool next = offset == _expected;
        _expected = offset + WalFormat.PageSize;
        if (next && offset >= _fetchedEnd && _fetched.Length > 0)
        {
            _fetchedFrom = offset;
            _fetchedEnd = offset + (int)Math.Max(0, FileCalls.Pread(_file!, _fetched, offset)); // an error comes again, and is told
        }
        if (offset < _fetchedFrom || offset + target.Length > _fetchedEnd)
            return false;
        _fetched.AsSpan(offset - _fetchedFrom, target.Length).CopyTo(target);
        return true;
    }

    private void Read(Span<byte> target, int offset)
    {
        while (!target.IsEmpty)
        {
            long read = FileCalls.Pread(_file!, target, offset);
            if (read <= 0)
            {
                string reason = read < 0 ? FileCalls.Describe(read) : $"read 0 of {target.Length}";
                throw WaldumpDirectory.Fatal($"could not read from file {new WalSegment(settings.Timeline, _number).FileName(settings.SegmentSize)}, offset {offset}: {reason}");
            }
            target = target[(int)read..];
            offset += (int)read;
        }
    }

    private void Open(ulong number)
    {
        _file?.Dispose();
        _number = number;
        (_fetchedFrom, _fetchedEnd, _expected) = (0, 0, _expected == settings.SegmentSize ? 0 : -1);
        string name = new WalSegment(settings.Timeline, number).FileName(settings.SegmentSize);
        for (int tries = 0; ; tries++)
        {
            _file = WaldumpDirectory.Open(settings.Directory!, name);
            if (_file is not null)
                return;
            if (!settings.Follow || tries == Tries || interrupted.WaitHandle.WaitOne(Pause))
                throw WaldumpDirectory.Fatal($"could not find file \"{name}\": {FileCalls.Describe(FileCalls.ENOENT)}");
        }
    }
}
