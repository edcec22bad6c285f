using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>What a command line of waldump asks for.</summary>
/// <remarks>Source of truth: XLogDumpConfig and XLogDumpPrivate, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c.</remarks>
internal sealed class WaldumpSettings
{
    internal bool Quiet { get; set; }

    /// <summary>-b: every block reference on a line of its own.</summary>
    internal bool BlockDetails { get; set; }

    /// <summary>-n: stop after so many records; 0 or less: no limit.</summary>
    internal int Limit { get; set; }

    internal bool Follow { get; set; }

    internal bool Statistics { get; set; }

    internal bool StatisticsPerRecord { get; set; }

    internal RecordFilter Filter { get; } = new();

    internal TimelineId Timeline { get; set; } = TimelineId.First;

    internal Lsn Start { get; set; }

    /// <summary>Invalid: as far as there is WAL.</summary>
    internal Lsn End { get; set; }

    /// <summary>-p; later the folder with the segments.</summary>
    internal string? Directory { get; set; }

    /// <summary>Bytes; known once a file has been found.</summary>
    internal int SegmentSize { get; set; }

    /// <summary>Whose WAL it is; known once a file has been found.</summary>
    internal PostgresMajor Major { get; set; } = PostgresMajor.LogCluster;
}
