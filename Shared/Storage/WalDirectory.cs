using System.Globalization;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>What pg_wal holds.</summary>
/// <remarks>Source of truth: RemoveOldXlogFiles, RemoveTempXlogFiles, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public static class WalDirectory
{
    /// <summary>A segment in the making: this and the maker's pid.</summary>
    public const string TemporaryPrefix = "xlogtemp.";

    /// <summary>Complete segments, by number, within a number by timeline. Files that vanish meanwhile may be listed or not.</summary>
    public static IReadOnlyList<WalSegment> List(DataDirectory data, int segmentSize)
    {
        var segments = new List<WalSegment>();
        foreach (string name in Names(data))
            if (WalSegment.TryParse(name, segmentSize, out WalSegment segment))
                segments.Add(segment);
        segments.Sort(static (a, b) => a.Number != b.Number ? a.Number.CompareTo(b.Number) : a.Timeline.CompareTo(b.Timeline));
        return segments;
    }

    public static bool Exists(DataDirectory data, WalSegment segment, int segmentSize) => File.Exists(WalSegmentFile.PathOf(data, segment, segmentSize));

    /// <summary>Removes segments and makes their absence durable, once for all. One that is not there is fine.</summary>
    public static void Remove(DataDirectory data, IEnumerable<WalSegment> segments, int segmentSize)
    {
        bool any = false;
        foreach (WalSegment segment in segments)
        {
            string path = WalSegmentFile.PathOf(data, segment, segmentSize);
            int result = FileCalls.Unlink(path);
            if (result != -FileCalls.ENOENT)
                FileError.ThrowIfNegative(result, $"could not remove file \"{path}\"");
            any = true;
        }
        if (any)
            DurableFile.SyncDirectory(data.Wal);
    }

    /// <summary>Removes what a crashed process had in the making. Only while nobody else writes here.</summary>
    public static void RemoveTemporaryFiles(DataDirectory data)
    {
        foreach (string name in Names(data))
            if (name.StartsWith(TemporaryPrefix, StringComparison.Ordinal) || name.Contains(".tmp.", StringComparison.Ordinal))
                DurableFile.Remove(Path.Combine(data.Wal, name));
    }

    /// <summary>The newest timeline that any file here speaks of: segment, partial segment or history file. A promotion takes a later one.</summary>
    /// <returns>Zero: there is no such file.</returns>
    public static TimelineId NewestTimeline(DataDirectory data)
    {
        TimelineId newest = default;
        foreach (string name in Names(data))
        {
            bool isSegment = name.Length >= 24 && (name.Length == 24 || name[24] == '.') && IsHex(name.AsSpan(0, 24));
            bool isHistory = name.Length == 16 && name.EndsWith(".history", StringComparison.Ordinal) && IsHex(name.AsSpan(0, 8));
            if (!isSegment && !isHistory)
                continue;
            var timeline = new TimelineId(uint.Parse(name.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            if (timeline > newest)
                newest = timeline;
        }
        return newest;
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            if (!char.IsAsciiHexDigitUpper(c))
                return false;
        return true;
    }

    /// <exception cref="PgException"><c>could not open directory "x"</c>.</exception>
    private static List<string> Names(DataDirectory data)
    {
        try
        {
            return [.. Directory.EnumerateFiles(data.Wal).Select(path => Path.GetFileName(path))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PgException(e is DirectoryNotFoundException ? SqlStates.UndefinedFile : SqlStates.IoError, $"could not open directory \"{data.Wal}\": {e.Message}", inner: e);
        }
    }
}
