using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

/// <summary>What a reply tells upstream: how far this node has what upstream has sent.</summary>
/// <remarks>Source of truth: the standby status update, PostgreSQL 15, its documentation, chapter 55.4.</remarks>
internal readonly record struct ConfirmedWal(Lsn Written, Lsn Flushed, Lsn Applied)
{
    /// <param name="received">End of what this upstream has sent on this connection: what we have beyond may not be what it has, so a commit of its own there is
    /// not confirmed by it.</param>
    public static ConfirmedWal Of(Lsn written, Lsn flushed, Lsn applied, Lsn received) => new(Lsn.Min(written, received), Lsn.Min(flushed, received), Lsn.Min(applied, received));
}
