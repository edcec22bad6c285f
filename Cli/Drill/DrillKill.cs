namespace Pgrepl.Cli.Drill;

/// <summary>What a drill kills while the load runs.</summary>
internal enum DrillKill
{
    /// <summary>All processes of a at once: a lost host. b is promoted.</summary>
    Primary,

    /// <summary>The process of b that receives the stream.</summary>
    WalReceiver,

    /// <summary>The process of a that serves b.</summary>
    WalSender,

    /// <summary>The process of b that replays.</summary>
    Startup,

    /// <summary>The process of a that makes WAL durable.</summary>
    WalWriter,

    /// <summary>The connection between b and a, for a while.</summary>
    Network,
}

internal static class DrillKills
{
    /// <summary>The words of <c>--kill</c>, in the order of the values.</summary>
    internal static readonly string[] Words = ["primary", "walreceiver", "walsender", "startup", "walwriter", "network"];

    internal static DrillKill Parse(string word) => (DrillKill)Array.IndexOf(Words, word);

    internal static string Word(this DrillKill kill) => Words[(int)kill];
}
