namespace Pgrepl.Cli.CommandLine;

/// <summary>What pgrepl exits with. status follows pg_ctl, which follows the Linux Standard Base.</summary>
internal static class ExitCodes
{
    internal const int Ok = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;

    /// <summary>status: no server running.</summary>
    internal const int NotRunning = 3;

    /// <summary>status: no such directory, or not a node's.</summary>
    internal const int NoDirectory = 4;
}
