namespace Pgrepl.Cli.Drill;

/// <summary>What a drill is to do.</summary>
/// <param name="Messages">Acknowledgements to reach before the load ends.</param>
/// <param name="Clients">Connections that write at the same time.</param>
/// <param name="Synchronous">Commits wait for the standby: none may be lost.</param>
/// <param name="MaxLost">Acknowledged messages that may be missing on the surviving line; <see langword="null"/>: any number when a is lost without --sync, else none.</param>
/// <param name="Keep">Where everything is left; <see langword="null"/>: nowhere.</param>
/// <param name="Seed">Decides when the primary is killed.</param>
/// <param name="Sockets">An empty folder for the nodes' sockets; <see langword="null"/>: one of its own.</param>
/// <param name="StandbyUpstream">Where b gets its WAL from when not straight from a: a test puts a liar in between.</param>
/// <param name="NextXid">The first transaction id of a; <see langword="null"/>: as pgrepl init says.</param>
/// <param name="Kill">What dies under load.</param>
/// <param name="Planned">Nothing dies: a is stopped, b promoted.</param>
internal sealed record DrillOptions(
    int Messages, int Clients, bool Synchronous, int? MaxLost, string? Keep, int Seed, string? Sockets = null, string? StandbyUpstream = null, ulong? NextXid = null,
    DrillKill Kill = DrillKill.Primary, bool Planned = false)
{
    internal const int DefaultMessages = 5000;
    internal const int DefaultClients = 4;

    /// <summary>b takes over. Else both stay what they are.</summary>
    internal bool Promotes => Planned || Kill == DrillKill.Primary;

    /// <summary>What is acknowledged may be lost when the primary is, and nobody waited for the standby.</summary>
    internal int MostLost => MaxLost ?? (Synchronous || Planned || Kill != DrillKill.Primary ? 0 : int.MaxValue);

    /// <summary>How many acknowledgements there are when the primary dies: between three and seven tenths of all.</summary>
    internal int KillAfter
    {
        get
        {
            int least = Math.Max(1, Messages * 3 / 10);
            return new Random(Seed).Next(least, Math.Max(least + 1, Messages * 7 / 10));
        }
    }
}
