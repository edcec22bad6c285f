using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

/// <summary>Upstream sent WAL that is not valid. What came before it is written and durable, nothing from it on is.</summary>
/// <param name="position">Start of the bad record; a page's first byte when not even its header was good.</param>
/// <param name="message">The reader's words, which are PostgreSQL's.</param>
internal sealed class BadWalException(Lsn position, string message) : Exception(message)
{
    public Lsn Position { get; } = position;
}

/// <summary>Upstream does not have the WAL any more that we ask for.</summary>
/// <param name="inner">As it would be logged.</param>
internal sealed class WalRemovedException(string message, PgException inner) : Exception(message, inner);

/// <summary>Startup or the postmaster wants this process to end; not an error.</summary>
internal sealed class StopRequestedException : Exception;
