namespace Pgrepl.Model.Tests.Specification;

/// <summary>What the operator has set, and how the operator behaves.</summary>
internal sealed record Setup
{
    /// <summary>synchronous_standby_names of both; <c>{partner}</c> is b on a and a on b. Empty: nobody waits.</summary>
    public string Names { get; init; } = "";

    /// <summary>synchronous_commit is remote_apply, not on.</summary>
    public bool RemoteApply { get; init; }

    /// <summary>pgrepl.require_peer.</summary>
    public bool RequirePeer { get; init; }

    /// <summary>The third node is a standby like the other two, and may be promoted.</summary>
    public bool WitnessIsStandby { get; init; }

    /// <summary>Nobody is promoted while another primary runs, and an old primary is not started any more: it rejoins.</summary>
    public bool OperatorFences { get; init; }

    /// <summary>Who is promoted has all that the other nodes have: they are asked, and all answer but the primary that was lost.</summary>
    public bool OperatorAsksAll { get; init; }

    /// <summary>Rejoin only from a node that writes; else from anybody who runs.</summary>
    public bool RejoinsPrimaryOnly { get; init; } = true;

    /// <summary>A standby may be given another upstream while it streams (primary_conninfo and a reload); else it changes over when a stream has ended.</summary>
    public bool Repoints { get; init; }

    /// <summary>With synchronous replication, and an operator who keeps to the guide, no promotion loses what is acknowledged and two primaries cannot both go on.
    /// Without, that is not claimed.</summary>
    public bool LosesNothing { get; init; }

    /// <summary>The rule that is taken away.</summary>
    public Rule Without { get; init; }

    public required Bounds Bounds { get; init; }
}

/// <summary>What makes the search finite.</summary>
/// <param name="Writes">Records of clients.</param>
/// <param name="Cuts">Of a line between two nodes; each may heal.</param>
/// <param name="SegmentRecords">Records in a segment: walreceiver asks from the start of one.</param>
internal sealed record Bounds(byte Writes, byte Promotions, byte Crashes, byte Cuts, byte Rejoins, int SegmentRecords = 8);
