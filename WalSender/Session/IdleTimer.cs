using Pgrepl.Shared;
using Pgrepl.Shared.Config;

namespace Pgrepl.WalSender.Session;

/// <summary>How long a client may leave its session idle: idle_session_timeout, and idle_in_transaction_session_timeout inside a transaction block.</summary>
/// <remarks>Source of truth: PostgresMain and ProcessInterrupts, PostgreSQL 15, src/backend/tcop/postgres.c. The time begins with ReadyForQuery;
/// between the messages of the extended protocol nobody is idle.</remarks>
internal sealed class IdleTimer
{
    private const string IdleInTransactionTimeout = "25P03";
    private const string IdleSessionTimeout = "57P05";

    private long _deadline;
    private bool _inTransaction;

    /// <summary>Milliseconds a wait for the client may last; -1: no limit.</summary>
    public int Remaining => _deadline == 0 ? -1 : (int)Math.Max(_deadline - Environment.TickCount64, 0);

    /// <param name="status">The byte of ReadyForQuery.</param>
    public void Begin(char status, SettingValues settings)
    {
        _inTransaction = status != 'I';
        int limit = settings.Int(_inTransaction ? "idle_in_transaction_session_timeout" : "idle_session_timeout");
        _deadline = limit > 0 ? Environment.TickCount64 + limit : 0;
    }

    public void End() => _deadline = 0;

    /// <exception cref="PgException">25P03, 57P05: the session ends.</exception>
    public void ThrowIfOver()
    {
        if (_deadline == 0 || Environment.TickCount64 < _deadline)
            return;
        throw _inTransaction
            ? new PgException(IdleInTransactionTimeout, "terminating connection due to idle-in-transaction timeout")
            : new PgException(IdleSessionTimeout, "terminating connection due to idle-session timeout");
    }
}
