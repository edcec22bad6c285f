using Pgrepl.Shared.Node;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>What a SQL session needs of the process around it: settings, transactions, WAL, shared memory.</summary>
/// <remarks>
/// Every call may throw PgException, which becomes the statement's ErrorResponse, or OperationCanceledException, which ends the session and passes through.
/// A call may block in the process's event loop, and may write notices and send what is pending: no message is half written during a call.
/// Times are TimestampTz: microseconds since 2000-01-01 UTC. In views a position of zero shows as NULL.
/// </remarks>
internal interface ISqlHost
{
    /// <summary>Called between rows and between statements: a session must be able to be cancelled and ended while it computes.</summary>
    /// <exception cref="Shared.PgException">57014: canceled by the user or by statement_timeout.</exception>
    /// <exception cref="OperationCanceledException">The session ends.</exception>
    void CheckForInterrupts();

    /// <summary>What the session works on, for pg_stat_activity; UTF-8, any length.</summary>
    void ReportQuery(ReadOnlySpan<byte> text);

    /// <summary>The time of statement_timeout begins; it may have begun already. From then on <see cref="CheckForInterrupts"/> and calls that block throw 57014 when it is over.</summary>
    void StatementBegins();

    /// <summary>The time of statement_timeout no longer counts. A commit is not a part of its statement.</summary>
    void StatementEnds();

    /// <summary>The value as SHOW prints it, with its unit.</summary>
    /// <exception cref="Shared.PgException">42704: unrecognized configuration parameter.</exception>
    string ShowSetting(string name);

    /// <summary>Every setting, ordered by name without regard to case.</summary>
    IEnumerable<SettingRow> AllSettings();

    /// <summary>Sets for this session. Inside a transaction the change belongs to it: a rollback undoes it, and its end undoes a local one.</summary>
    /// <param name="value">null: back to the default.</param>
    void SetSetting(string name, string? value, bool local);

    void ResetAllSettings();

    /// <summary>Called once before a statement, or a block of them, does anything; answered by exactly one Commit or Rollback. An xid is taken only when something is written.</summary>
    void BeginTransaction();

    /// <summary>Ends the transaction and waits until it is as durable as synchronous_commit asks. An exception means that it is not committed: Rollback follows.</summary>
    /// <returns>A WARNING to pass on (a cancelled wait for the standby), or null.</returns>
    Notice? CommitTransaction();

    /// <summary>Must not throw PgException.</summary>
    void RollbackTransaction();

    /// <summary>Transactional messages that the open transaction has written: WAL that wants a commit record.</summary>
    int MessagesInTransaction { get; }

    /// <summary>What this session and the open transaction have set.</summary>
    object SaveSettings();

    /// <param name="saved">What <see cref="SaveSettings"/> gave in this transaction.</param>
    void RestoreSettings(object saved);

    /// <summary>pg_logical_emit_message</summary>
    /// <returns>End of the message's record.</returns>
    Lsn EmitMessage(bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content);

    /// <exception cref="Shared.PgException">55000: recovery is in progress.</exception>
    Lsn CurrentWalLsn();

    /// <inheritdoc cref="CurrentWalLsn"/>
    Lsn CurrentWalInsertLsn();

    /// <inheritdoc cref="CurrentWalLsn"/>
    Lsn CurrentWalFlushLsn();

    /// <summary>null: nothing was ever received.</summary>
    Lsn? LastReceiveLsn();

    /// <summary>null: nothing was ever replayed.</summary>
    Lsn? LastReplayLsn();

    /// <summary>Time in the last commit or abort record replayed.</summary>
    long? LastXactReplayTimestamp { get; }

    bool IsInRecovery();

    /// <param name="waitSeconds">Longest wait.</param>
    /// <returns>false: asked for, and not done within the time.</returns>
    bool Promote(bool wait, int waitSeconds);

    /// <returns>End of the switched segment's last record.</returns>
    Lsn SwitchWal();

    /// <param name="name">At most 63 bytes; longer is refused before the call.</param>
    Lsn CreateRestorePoint(string name);

    /// <returns>false: the postmaster could not be told.</returns>
    bool ReloadConf();

    /// <summary>PostgreSQL's major that this node passes for, 10 to 18: it decides what columns the views have.</summary>
    int ServerMajor { get; }

    int BackendPid { get; }
    string CurrentUser { get; }

    /// <summary>May use the functions that control the node.</summary>
    bool IsSuperuser { get; }
    string Database { get; }

    /// <summary>Name of the segment that holds the byte before <paramref name="position"/>, on the current timeline.</summary>
    /// <exception cref="Shared.PgException">55000: recovery is in progress.</exception>
    string WalFileName(Lsn position);

    /// <exception cref="Shared.PgException">A relay has no control file.</exception>
    ControlRow ControlFile();

    /// <summary>null: no walreceiver.</summary>
    WalReceiverRow? WalReceiver();

    /// <summary>null: this node does not follow anybody.</summary>
    WalProgressRow? WalProgress();

    /// <summary>Walsenders that stream or wait to.</summary>
    IReadOnlyList<WalSenderRow> WalSenders();

    /// <summary>Replication slots.</summary>
    ISlotHost Slots { get; }

    /// <summary>Every process that PostgreSQL would list.</summary>
    IReadOnlyList<ActivityRow> Activity();
}
