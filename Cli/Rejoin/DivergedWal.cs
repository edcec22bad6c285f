using System.Globalization;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>Puts aside, in pg_wal/diverged-TLI-LSN, the WAL that the upstream does not share. Whole segments, so that pg_waldump reads the folder.</summary>
/// <remarks>Later segments go first, by rename; the segment with the fork is copied, then zeroed from the fork on. As long as one of them is not done a second
/// run still sees WAL beyond the fork and does the rest.</remarks>
internal sealed class DivergedWal(DataDirectory directory, int segmentSize, TimelineFork fork)
{
    private const int PieceSize = 1024 * 1024;

    private string? _folder;

    /// <summary>An earlier run has put something aside from this fork, and may not have come to its end. What is left need not hold a whole record.</summary>
    internal bool WasBegun => Directory.Exists(FolderPath);

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

    /// <summary>Takes over the upstream's history files; ours that say something else, or tell of newer timelines, go aside.</summary>
    internal void AdoptHistory(UpstreamIdentity upstream)
    {
        foreach (TimelineId timeline in HistoryFiles())
        {
            byte[]? theirs = upstream.HistoryFiles.GetValueOrDefault(timeline);
            bool conflicts = theirs is not null && !theirs.AsSpan().SequenceEqual(TimelineHistoryFiles.ReadText(directory, timeline));
            // A newer one of ours would be taken for the latest timeline at the next start.
            if (conflicts || timeline > upstream.Timeline)
                PutHistoryAside(timeline);
        }
        foreach ((TimelineId timeline, byte[] text) in upstream.HistoryFiles)
            TimelineHistoryFiles.Store(directory, timeline, text);
    }

    private IReadOnlyList<TimelineId> HistoryFiles() =>
    [
        .. Directory.EnumerateFiles(directory.Wal, "*.history")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => name.Length == 8 && name.All(char.IsAsciiHexDigitUpper))
            .Select(name => new TimelineId(uint.Parse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))
            .Order(),
    ];

    private void PutHistoryAside(TimelineId timeline)
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

    /// <summary>False: made ahead of use, zeros or the bytes of a recycled segment, or nothing behind its first page header. Of any major: what cannot be told is not thrown away.</summary>
    private bool HoldsWal(WalSegment segment)
    {
        using WalSegmentFile file = WalSegmentFile.OpenRead(directory, segment, segmentSize);
        byte[] piece = new byte[PieceSize];
        int length = file.Read(0, piece);
        if (WalPageHeader.Read(piece.AsSpan(0, length)) is not { } header || header.PageStart != segment.Start(segmentSize))
            return false;
        if (header.RemainingBytes > 0)
            return true;
        for (long offset = WalLongPageHeader.Size; offset < segmentSize; offset += length)
        {
            length = file.Read(offset, piece);
            if (length == 0 || piece.AsSpan(0, length).ContainsAnyExcept((byte)0))
                return true; // bytes, or a file that is too short
        }
        return false;
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
        using WalSegmentFile file = WalSegmentFile.OpenWrite(directory, segment, segmentSize);
        byte[] bytes = new byte[segmentSize];
        int length = file.Read(0, bytes);
        if (length != bytes.Length)
            throw new PgException(SqlStates.DataCorrupted, $"could not read file \"{file.Path}\": read {length} of {bytes.Length}");
        int first = (int)Math.Max(0, (long)fork.Position.Value - (long)segment.Start(segmentSize).Value);
        if (!bytes.AsSpan(first).ContainsAnyExcept((byte)0))
            return;
        Copy(bytes, first, segment.FileName(segmentSize));
        CrashPoint.Reached("aside-1");
        // The page with the fork goes last: as long as its records can be read, a second run does all of this again.
        int rest = Math.Min(segmentSize, (first / WalFormat.PageSize + 1) * WalFormat.PageSize);
        Zero(file, rest, segmentSize);
        CrashPoint.Reached("aside-2");
        Zero(file, first, rest);
    }

    /// <summary>Unless an earlier run did it. A copy of another time, with other bytes, stays beside it.</summary>
    private void Copy(ReadOnlySpan<byte> bytes, int first, string name)
    {
        for (int number = 1; ; number++)
        {
            string target = Path.Combine(Folder(), number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{number}"));
            if (DurableFile.TryRead(target) is not { } kept)
            {
                DurableFile.Create(target, bytes);
                return;
            }
            if (HoldsAll(bytes[first..], kept.AsSpan(first)))
                return;
        }
    }

    /// <summary>Some bytes may be zeros by now.</summary>
    private static bool HoldsAll(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kept)
    {
        for (int i = 0; i < bytes.Length; i++)
            if (bytes[i] != 0 && bytes[i] != kept[i])
                return false;
        return true;
    }

    private static void Zero(WalSegmentFile file, long from, long to)
    {
        byte[] zeros = new byte[PieceSize];
        for (long offset = from; offset < to; offset += zeros.Length)
            file.Write(offset, zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - offset)));
        file.SyncData();
    }

    private string Folder()
    {
        if (_folder is not null)
            return _folder;
        DurableFile.CreateDirectory(_folder = FolderPath);
        foreach (string half in Directory.GetFiles(_folder, "*.tmp.*"))
            DurableFile.Remove(half); // an earlier run was killed in the middle of a copy
        return _folder;
    }

    private string FolderPath => Path.Combine(directory.Wal, string.Create(CultureInfo.InvariantCulture,
        $"diverged-{fork.Timeline}-{fork.Position.Value >> 32:X}-{fork.Position.Value & 0xFFFFFFFF:X8}"));
}
