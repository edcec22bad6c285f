namespace Pgrepl.Shared.Ipc;

/// <summary>Who takes WAL from the shared buffers to disk; it alone moves Written, Flushed and ReusableUpTo. Should it die, the node recovers.</summary>
/// <remarks>Answers to WALWriteLock, PostgreSQL 15, src/backend/access/transam/xlog.c; nobody sleeps on this one: docs/decisions/0011.</remarks>
public enum WalWriteOwner
{
    Nobody,
    WalWriter,
    Session,
}
