using System.Text;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Functions over WAL, recovery and this process.</summary>
internal static class WalFunctions
{
    /// <summary>MAXFNAMELEN - 1, bytes: longest name of a restore point.</summary>
    private const int MaxRestorePointName = 63;

    public static readonly SqlFunction[] All =
    [
        new("pg_is_in_recovery", [], SqlType.Bool, static (context, _) => SqlValue.From(context.Host.IsInRecovery())),
        new("pg_current_wal_lsn", [], SqlType.Lsn, static (context, _) => SqlValue.From(context.Host.CurrentWalLsn())),
        new("pg_current_wal_insert_lsn", [], SqlType.Lsn, static (context, _) => SqlValue.From(context.Host.CurrentWalInsertLsn())),
        new("pg_current_wal_flush_lsn", [], SqlType.Lsn, static (context, _) => SqlValue.From(context.Host.CurrentWalFlushLsn())),
        new("pg_last_wal_receive_lsn", [], SqlType.Lsn, static (context, _) => SqlValue.FromPosition(context.Host.LastReceiveLsn())),
        new("pg_last_wal_replay_lsn", [], SqlType.Lsn, static (context, _) => SqlValue.FromPosition(context.Host.LastReplayLsn())),
        new("pg_last_xact_replay_timestamp", [], SqlType.Timestamptz, static (context, _) => SqlValue.From(context.Host.LastXactReplayTimestamp)),
        new("pg_wal_lsn_diff", [SqlType.Lsn, SqlType.Lsn], SqlType.Numeric, static (_, values) => SqlValue.From((decimal)values[0].Lsn.Value - values[1].Lsn.Value)) { IsImmutable = true },
        new("pg_walfile_name", [SqlType.Lsn], SqlType.Text, static (context, values) => SqlValue.From(context.Host.WalFileName(values[0].Lsn))),
        new("pg_promote", [SqlType.Bool, SqlType.Int4], SqlType.Bool, static (context, values) => Promote(context, values[0].Bool, values[1].Int32))
        {
            Names = ["wait", "wait_seconds"],
            Defaults = [SqlValue.True, SqlValue.From(60L)],
            IsForSuperusers = true,
        },
        new("pg_switch_wal", [], SqlType.Lsn, static (context, _) => SqlValue.From(Writing(context, "WAL control functions cannot be executed during recovery.").SwitchWal())) { IsForSuperusers = true },
        new("pg_create_restore_point", [SqlType.Text], SqlType.Lsn, static (context, values) => RestorePoint(context, values[0])) { IsForSuperusers = true },
        new("pg_logical_emit_message", [SqlType.Bool, SqlType.Text, SqlType.Text], SqlType.Lsn, static (context, values) => Emit(context, values)),
        new("pg_logical_emit_message", [SqlType.Bool, SqlType.Text, SqlType.Bytea], SqlType.Lsn, static (context, values) => Emit(context, values)),
        new("pg_reload_conf", [], SqlType.Bool, static (context, _) => SqlValue.From(context.Host.ReloadConf())) { IsForSuperusers = true },
        new("pg_backend_pid", [], SqlType.Int4, static (context, _) => SqlValue.From((long)context.Host.BackendPid)),
        new("pg_advisory_unlock_all", [], SqlType.Void, static (_, _) => SqlValue.EmptyText),
    ];

    private static SqlValue Emit(EvaluationContext context, SqlValue[] values) =>
        SqlValue.From(context.Host.EmitMessage(values[0].Bool, values[1].Bytes, values[2].Bytes));

    private static SqlValue Promote(EvaluationContext context, bool wait, int seconds)
    {
        if (!context.Host.IsInRecovery())
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "recovery is not in progress", hint: "Recovery control functions can only be executed during recovery.");
        if (seconds <= 0)
            throw new PgException(SqlErrors.NumericValueOutOfRange, "\"wait_seconds\" must not be negative or zero");
        return SqlValue.From(context.Host.Promote(wait, seconds));
    }

    private static SqlValue RestorePoint(EvaluationContext context, SqlValue name)
    {
        ISqlHost host = Writing(context, "WAL control functions cannot be executed during recovery.");
        if (name.Bytes.Length > MaxRestorePointName)
            throw new PgException(SqlStates.InvalidParameterValue, $"value too long for restore point (maximum {MaxRestorePointName} characters)");
        return SqlValue.From(host.CreateRestorePoint(Encoding.UTF8.GetString(name.Bytes)));
    }

    private static ISqlHost Writing(EvaluationContext context, string hint) => context.Host.IsInRecovery()
        ? throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "recovery is in progress", hint: hint)
        : context.Host;
}
