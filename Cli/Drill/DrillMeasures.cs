using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>What a drill measured, besides the verdict. Times in milliseconds.</summary>
internal sealed class DrillMeasures
{
    /// <summary>From the kill until the first client lost its connection.</summary>
    internal double Notice { get; set; }

    /// <summary>From the promotion's request until pg_control says in production.</summary>
    internal double Promote { get; set; }

    /// <summary>From then until the first answer on the new timeline.</summary>
    internal double FirstWrite { get; set; }

    /// <summary>From the kill, or the request to stop, until the first answer on the new timeline; when nobody is promoted, the longest pause between two answers
    /// from the kill on.</summary>
    internal double Outage { get; set; }

    /// <summary>When nobody is promoted: from the kill until b streams again.</summary>
    internal double Recover { get; set; }

    /// <summary>From rejoin's start until the old primary had flushed all the new one had.</summary>
    internal double Rejoin { get; set; }

    internal int KilledAfter { get; set; }

    internal TimelineId TimelineBefore { get; set; }

    internal TimelineId TimelineAfter { get; set; }

    internal Lsn Fork { get; set; }

    internal long Sent { get; set; }

    internal int Unknown { get; set; }
}
