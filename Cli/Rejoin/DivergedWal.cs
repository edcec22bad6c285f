using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>Puts aside, in pg_wal/diverged-TLI-LSN, the WAL that the upstream does not share. Whole segments, so that pg_waldump reads the folder.</summary>
/// <remarks>Later segments go first, by rename; the segment with the fork is copied, then zeroed from the fork on. As long as one of them is not done a second
/// run still sees WAL beyond the fork and does the rest.</remarks>
internal sealed class DivergedWal(DataDirectory directory, int segmentSize, Fork fork)
{
    private const int ZeroPiece = 1024 * 1024;

    private string? _folder;

    internal IReadOnlyList<string> Folders => _folder is null ? [] : [_folder];

    /// <summary>Everything at or beyond the fork, of every timeline.</summary>
    internal void PutSegmentsAside()
    {
        foreach (WalSegment segment in WalDirectory.List(directory, segmentSize).Reverse())
        {
            if (segment.End(segmentSize) <= fork.Position)
                break; // sorted by number: all others end earlier
            bool holdsSharedBytes = segment.Start(segmentSize) < fork.Position && segment.Timeline <= fork.Timeline;
            if (!holdsSharedBytes)
                Move(segment);
        }
        foreach (WalSegment segment in WalDirectory.List(directory, segmentSize))
        {
            if (segment.End(segmentSize) > fork.Position)
                CopyAndZero(segment);
        }
    }

    /// <summary>Segments of timelines, or of stretches of them, that the upstream's history does not know.</summary>
    internal void PutForeignSegmentsAside(TimelineHistory history)
    {
        foreach (WalSegment segment in WalDirectory.List(directory, segmentSize))
        {
            bool known = history.Entries.Any(entry => entry.Timeline == segment.Timeline
                && (!entry.End.IsValid || segment.Start(segmentSize) < entry.End)
                && segment.End(segmentSize) > entry.Begin);
            if (!known)
                Move(segment);
        }
    }

    internal IReadOnlyList<TimelineId> HistoryFiles() =>
    [
        .. Directory.EnumerateFiles(directory.Wal, "*.history")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => name.Length == 8 && name.All(char.IsAsciiHexDigitUpper))
            .Select(name => new TimelineId(uint.Parse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))
            .Order(),
    ];

    internal void PutHistoryAside(TimelineId timeline)
    {
        string name = TimelineHistory.FileName(timeline);
        MoveFile(Path.Combine(directory.Wal, name), name);
    }

    private void Move(WalSegment segment)
    {
        string name = segment.FileName(segmentSize);
        if (HoldsWal(segment))
            MoveFile(WalSegmentFile.PathOf(directory, segment, segmentSize), name);
        else
            WalDirectory.Remove(directory, [segment], segmentSize);
        foreach (string mark in new[] { ".ready", ".done" })
            DurableFile.Remove(Path.Combine(directory.ArchiveStatus, name + mark));
    }

    /// <summary>False: made ahead of use, zeros or the bytes of a recycled segment.</summary>
    private bool HoldsWal(WalSegment segment)
    {
        using WalSegmentFile file = WalSegmentFile.OpenRead(directory, segment, segmentSize);
        Span<byte> start = stackalloc byte[WalPageHeader.Size];
        return file.Read(0, start) == start.Length
            && WalPageHeader.Read(start) is { Magic: WalFormat.PageMagic } header
            && header.PageStart == segment.Start(segmentSize);
    }

    /// <summary>A name that is taken (an earlier rejoin from the same fork) gets a number behind it: nothing is overwritten.</summary>
    private void MoveFile(string path, string name)
    {
        string target = Path.Combine(Folder(), name);
        for (int number = 2; File.Exists(target); number++)
            target = Path.Combine(Folder(), string.Create(CultureInfo.InvariantCulture, $"{name}.{number}"));
        DurableFile.RenameNew(path, target);
    }

    private void CopyAndZero(WalSegment segment)
    {
        string name = segment.FileName(segmentSize);
        string copy = Path.Combine(Folder(), name);
        using WalSegmentFile file = WalSegmentFile.OpenWrite(directory, segment, segmentSize);
        // A copy that is there is whole, and older than any zeroing: it stays.
        if (!File.Exists(copy))
            Copy(file, copy);
        byte[] zeros = new byte[ZeroPiece];
        for (long offset = (long)(fork.Position.Value - segment.Start(segmentSize).Value); offset < segmentSize; offset += zeros.Length)
            file.Write(offset, zeros.AsSpan(0, (int)Math.Min(zeros.Length, segmentSize - offset)));
        file.SyncData();
    }

    private static void Copy(WalSegmentFile from, string to)
    {
        byte[] bytes = new byte[from.SegmentSize];
        int length = from.Read(0, bytes);
        if (length != bytes.Length)
            throw new PgException(SqlStates.DataCorrupted, $"could not read file \"{from.Path}\": read {length} of {bytes.Length}");
        DurableFile.Create(to, bytes);
    }

    private string Folder()
    {
        if (_folder is not null)
            return _folder;
        _folder = Path.Combine(directory.Wal, string.Create(CultureInfo.InvariantCulture,
            $"diverged-{fork.Timeline}-{fork.Position.Value >> 32:X}-{fork.Position.Value & 0xFFFFFFFF:X8}"));
        DurableFile.CreateDirectory(_folder);
        return _folder;
    }
}
