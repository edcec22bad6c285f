using Pgrepl.Shared.Native;

namespace Pgrepl.Cli.Stop;

/// <summary>How a node is stopped. Source of truth: pg_ctl's set_mode, PostgreSQL 15.</summary>
internal enum ShutdownMode
{
    /// <summary>SIGTERM: when the last client has gone.</summary>
    Smart,

    /// <summary>SIGINT: clients are disconnected, a shutdown checkpoint is written.</summary>
    Fast,

    /// <summary>SIGQUIT: at once, as after a crash.</summary>
    Immediate,
}

internal static class ShutdownModes
{
    internal static int SignalOf(ShutdownMode mode) => mode switch
    {
        ShutdownMode.Smart => Signal.SIGTERM,
        ShutdownMode.Fast => Signal.SIGINT,
        _ => Signal.SIGQUIT,
    };

    /// <summary>A name or its first letter.</summary>
    internal static ShutdownMode? Parse(string? text) => text switch
    {
        null => ShutdownMode.Fast,
        "s" or "smart" => ShutdownMode.Smart,
        "f" or "fast" => ShutdownMode.Fast,
        "i" or "immediate" => ShutdownMode.Immediate,
        _ => null,
    };
}
