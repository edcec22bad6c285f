using System.Text;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>Judges the values of the options, each when it comes, then the segments; every message is pg_waldump's.</summary>
/// <remarks>Source of truth: main, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c.</remarks>
internal sealed class WaldumpArguments
{
    internal const string Hint = "Try \"pgrepl waldump --help\" for more information.";

    private const uint InvalidBlock = uint.MaxValue;

    private static readonly string[] Forks = ["main", "fsm", "vm", "init"];

    internal WaldumpSettings Settings { get; } = new();

    /// <summary>There was an option.</summary>
    internal bool Any { get; set; }

    internal void Block(string value)
    {
        if (!new Scan(value).Unsigned(out uint block) || block == InvalidBlock)
            throw Bad($"invalid block number: \"{value}\"");
        Settings.Filter.Block = block;
    }

    internal void End(string value) => Settings.End = Location(value);

    internal void Fork(string value)
    {
        int fork = Array.IndexOf(Forks, value);
        if (fork < 0)
            throw Bad($"invalid fork name: \"{value}\"");
        Settings.Filter.Fork = fork;
    }

    internal void Limit(string value)
    {
        if (!new Scan(value).Signed(out int limit))
            throw Bad($"invalid value \"{value}\" for option -n/--limit");
        Settings.Limit = limit;
    }

    internal void Path(string value) => Settings.Directory = value;

    internal void Manager(string value)
    {
        var scan = new Scan(value);
        if (scan.Literal("custom") && scan.Signed(out int number, width: 3))
        {
            if (number is < ResourceManagers.FirstCustom or > byte.MaxValue)
                throw Bad($"custom resource manager \"{value}\" does not exist");
            Settings.Filter.Add((ResourceManagerId)number);
            return;
        }
        for (ResourceManagerId id = 0; id <= WalDescription.LastBuiltIn; id++)
        {
            if (value.Equals(Encoding.UTF8.GetString(WalDescription.Name(id)), StringComparison.OrdinalIgnoreCase))
            {
                Settings.Filter.Add(id);
                return;
            }
        }
        throw Bad($"resource manager \"{value}\" does not exist");
    }

    internal void Relation(string value)
    {
        var scan = new Scan(value);
        if (!scan.Unsigned(out uint tablespace) || !scan.Literal('/') || !scan.Unsigned(out uint database) || !scan.Literal('/') || !scan.Unsigned(out uint relation)
            || tablespace == 0 || relation == 0)
            throw Bad($"invalid relation specification: \"{value}\"", "Expecting \"tablespace OID/database OID/relation filenode\".");
        Settings.Filter.Relation = new RelFileNode(tablespace, database, relation);
    }

    internal void Start(string value) => Settings.Start = Location(value);

    internal void Timeline(string value)
    {
        if (!new Scan(value).Unsigned(out uint timeline))
            throw Bad($"invalid timeline specification: \"{value}\"");
        Settings.Timeline = new TimelineId(timeline);
    }

    internal void Xid(string value)
    {
        if (!new Scan(value).Unsigned(out uint xid))
            throw Bad($"invalid transaction ID specification: \"{value}\"");
        Settings.Filter.Xid = xid;
    }

    /// <param name="value"><see langword="null"/>: none.</param>
    internal void Statistics(string? value)
    {
        Settings.Statistics = true;
        Settings.StatisticsPerRecord = value == "record";
        if (value is not (null or "record" or "rmgr"))
            throw Bad($"unrecognized value for option --stats: {value}");
    }

    /// <summary>The segments, and what all of it together must be.</summary>
    internal WaldumpSettings Finish(string[] segments)
    {
        if (!Any && segments.Length == 0)
            throw Bad("no arguments specified");
        if (Settings.Filter.Block is not null && Settings.Filter.Relation is null)
            throw Bad("option -B/--block requires option -R/--relation to be specified");
        if (segments.Length > 2)
            throw Bad($"too many command-line arguments (first is \"{segments[2]}\")");
        if (Settings.Directory is not null && WaldumpDirectory.Verify(Settings.Directory) is { } error)
            throw Bad(error);
        if (segments.Length > 0)
            Segments(segments);
        else
        {
            Settings.Directory = WaldumpDirectory.Find(Settings.Directory, null, out int segmentSize, out PostgresMajor major);
            (Settings.SegmentSize, Settings.Major) = (segmentSize, major);
        }
        if (!Settings.Start.IsValid)
            throw Bad("no start WAL location given");
        return Settings;
    }

    private void Segments(string[] segments)
    {
        (string? directory, string name) = WaldumpDirectory.Split(segments[0]);
        if (Settings.Directory is null && directory is not null)
        {
            Settings.Directory = directory;
            if (WaldumpDirectory.Verify(directory) is { } error)
                throw WaldumpDirectory.Fatal(error);
        }
        Settings.Directory = WaldumpDirectory.Find(Settings.Directory, name, out int segmentSize, out PostgresMajor major);
        (Settings.SegmentSize, Settings.Major) = (segmentSize, major);
        ulong number = Segment(name);
        if (!Settings.Start.IsValid)
            Settings.Start = new Lsn(number * (ulong)segmentSize);
        else if (Settings.Start.Value / (ulong)segmentSize != number)
            throw Bad($"start WAL location {Settings.Start} is not inside file \"{name}\"");

        if (segments.Length == 2)
        {
            ulong last = Segment(WaldumpDirectory.Split(segments[1]).Name);
            if (last < number)
                throw WaldumpDirectory.Fatal($"ENDSEG {segments[1]} is before STARTSEG {segments[0]}");
            number = last;
        }
        var end = new Lsn((number + 1) * (ulong)segmentSize);
        if (!Settings.End.IsValid)
            Settings.End = end;
        if (Settings.End.Value / (ulong)segmentSize != number && Settings.End != end)
            throw Bad($"end WAL location {Settings.End} is not inside file \"{segments[^1]}\"");
    }

    /// <summary>The segment's number from the name of a file that must be there; its timeline is the one to read.</summary>
    private ulong Segment(string name)
    {
        using SafeFileHandle file = WaldumpDirectory.Open(Settings.Directory!, name) ?? throw WaldumpDirectory.Fatal($"could not open file \"{name}\"");
        const int Digits = 24;
        if (name.Length < Digits || !WalSegment.TryParse(name.AsSpan(0, Digits).ToString().ToUpperInvariant(), Settings.SegmentSize, out WalSegment segment))
            throw WaldumpDirectory.Fatal($"\"{name}\" is not the name of a WAL segment"); // pg_waldump goes on with whatever its variables hold
        Settings.Timeline = segment.Timeline;
        return segment.Number;
    }

    private static Lsn Location(string value)
    {
        var scan = new Scan(value);
        return scan.Hex(out uint high) && scan.Literal('/') && scan.Hex(out uint low) ? new Lsn((ulong)high << 32 | low) : throw Bad($"invalid WAL location: \"{value}\"");
    }

    /// <summary>bad_argument.</summary>
    private static PgException Bad(string message, string? detail = null) => new(SqlStates.InvalidParameterValue, message, detail, Hint);
}
