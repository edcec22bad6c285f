using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>The history files in pg_wal. Once stored, one never changes.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/transam/timeline.c.</remarks>
public static class TimelineHistoryFiles
{
    public static string PathOf(DataDirectory data, TimelineId timeline) => Path.Combine(data.Wal, TimelineHistory.FileName(timeline));

    /// <summary>readTimeLineHistory: a timeline without a file has no ancestors; timeline 1 never has one.</summary>
    /// <exception cref="PgException">XX001 with PostgreSQL's text and hint: not a history file.</exception>
    public static TimelineHistory Read(DataDirectory data, TimelineId timeline)
    {
        if (timeline == TimelineId.First || ReadText(data, timeline) is not { } text)
            return TimelineHistory.Single(timeline);
        try
        {
            return TimelineHistory.Parse(timeline, text);
        }
        catch (TimelineHistoryException e)
        {
            throw new PgException(SqlStates.DataCorrupted, e.Message.TrimEnd(), hint: e.Hint, inner: e);
        }
    }

    /// <summary>existsTimeLineHistory.</summary>
    public static bool Exists(DataDirectory data, TimelineId timeline) => timeline != TimelineId.First && File.Exists(PathOf(data, timeline));

    /// <summary>The file's bytes; <see langword="null"/>: there is none.</summary>
    public static byte[]? ReadText(DataDirectory data, TimelineId timeline) => DurableFile.TryRead(PathOf(data, timeline));

    /// <summary>Stores durably. The same bytes again are fine.</summary>
    /// <exception cref="PgException">58P02: other bytes are stored for this timeline.</exception>
    public static void Store(DataDirectory data, TimelineId timeline, ReadOnlySpan<byte> text) => DurableFile.Create(PathOf(data, timeline), text);

    /// <summary>findNewestTimeLine: the last of the unbroken row of history files after <paramref name="from"/>.</summary>
    public static TimelineId FindNewest(DataDirectory data, TimelineId from)
    {
        TimelineId newest = from;
        while (Exists(data, newest.Next))
            newest = newest.Next;
        return newest;
    }
}
