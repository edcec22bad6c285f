using System.Globalization;
using System.Text;

namespace Pgrepl.Wal;

/// <summary>A timeline and its ancestors, with the positions where each gave way to the next: the contents of a <c>NNNNNNNN.history</c> file.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/transam/timeline.c. A line is <c>timeline TAB switch point TAB reason</c>; # starts a comment.</remarks>
public sealed class TimelineHistory
{
    /// <param name="Timeline">Whose stretch it is.</param>
    /// <param name="Begin">Inclusive; <see cref="Lsn.Invalid"/>: from the beginning.</param>
    /// <param name="End">Exclusive, the switch point; <see cref="Lsn.Invalid"/>: the current one, it goes on.</param>
    public readonly record struct Entry(TimelineId Timeline, Lsn Begin, Lsn End);

    private readonly Entry[] _entries;

    private TimelineHistory(Entry[] entries) => _entries = entries;

    /// <summary>Newest first, as PostgreSQL keeps them.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The newest timeline: the one whose history this is.</summary>
    public TimelineId Target => _entries[0].Timeline;

    /// <summary>A timeline without ancestors; so is one whose history file is missing.</summary>
    public static TimelineHistory Single(TimelineId timeline) => new([new Entry(timeline, Lsn.Invalid, Lsn.Invalid)]);

    /// <summary>readTimeLineHistory.</summary>
    /// <param name="target">The timeline whose file this is.</param>
    /// <param name="text">Contents of the file; empty: no ancestors.</param>
    /// <exception cref="TimelineHistoryException">Not a history file of that timeline.</exception>
    public static TimelineHistory Parse(TimelineId target, ReadOnlySpan<byte> text)
    {
        var entries = new List<Entry>();
        Lsn previousEnd = Lsn.Invalid;
        while (!text.IsEmpty)
        {
            int newline = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = newline < 0 ? text : text[..(newline + 1)];
            text = text[line.Length..];
            var scanner = new TimelineHistoryScanner(line);
            if (scanner.IsBlankOrComment)
                continue;
            if (!scanner.TryTimeline(out uint timeline))
                throw new TimelineHistoryException($"syntax error in history file: {Shown(line)}", "Expected a numeric timeline ID.");
            if (!scanner.TryPosition(out Lsn end))
                throw new TimelineHistoryException($"syntax error in history file: {Shown(line)}", "Expected a write-ahead log switchpoint location.");
            if (entries.Count > 0 && timeline <= entries[^1].Timeline.Value)
                throw new TimelineHistoryException($"invalid data in history file: {Shown(line)}", "Timeline IDs must be in increasing sequence.");
            entries.Add(new Entry(new TimelineId(timeline), previousEnd, end));
            previousEnd = end;
        }
        if (entries.Count > 0 && target <= entries[^1].Timeline)
            throw new TimelineHistoryException($"invalid data in history file \"pg_wal/{FileName(target)}\"", "Timeline IDs must be less than child timeline's ID.");
        entries.Add(new Entry(target, previousEnd, Lsn.Invalid));
        entries.Reverse();
        return new TimelineHistory([.. entries]);
    }

    /// <summary>writeTimeLineHistory: the text of a child's file.</summary>
    /// <param name="parentText">The parent's file, copied as it is; empty: it has none.</param>
    /// <param name="reason">For people; one line.</param>
    public static byte[] Append(ReadOnlySpan<byte> parentText, TimelineId parent, Lsn switchPoint, string reason)
    {
        // A newline first: the parent's file may lack its last one.
        string line = string.Create(CultureInfo.InvariantCulture, $"{(parentText.IsEmpty ? "" : "\n")}{parent}\t{switchPoint}\t{reason}\n");
        return [.. parentText, .. Encoding.UTF8.GetBytes(line)];
    }

    /// <summary>TLHistoryFileName.</summary>
    public static string FileName(TimelineId timeline) => string.Create(CultureInfo.InvariantCulture, $"{timeline.Value:X8}.history");

    /// <summary>tliInHistory.</summary>
    public bool Contains(TimelineId timeline) => Array.Exists(_entries, entry => entry.Timeline == timeline);

    /// <summary>tliOfPointInHistory: the timeline that was current at a position; at a switch point the newer one.</summary>
    /// <exception cref="InvalidOperationException">timeline history was not contiguous.</exception>
    public TimelineId TimelineOf(Lsn position)
    {
        foreach (Entry entry in _entries)
            if ((!entry.Begin.IsValid || entry.Begin <= position) && (!entry.End.IsValid || position < entry.End))
                return entry.Timeline;
        throw new InvalidOperationException("timeline history was not contiguous");
    }

    /// <summary>tliSwitchPoint: where the history left a timeline.</summary>
    /// <param name="next">The timeline it went on with; 0 when <paramref name="timeline"/> is the newest.</param>
    /// <returns><see cref="Lsn.Invalid"/>: it is the newest.</returns>
    /// <exception cref="KeyNotFoundException">The timeline is not in this history; PostgreSQL's message.</exception>
    public Lsn SwitchPoint(TimelineId timeline, out TimelineId next)
    {
        next = default;
        foreach (Entry entry in _entries)
        {
            if (entry.Timeline == timeline)
                return entry.End;
            next = entry.Timeline;
        }
        throw new KeyNotFoundException($"requested timeline {timeline} is not in this server's history");
    }

    private static string Shown(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line);
}
