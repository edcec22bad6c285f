namespace Pgrepl.Wal;

// The records of XLOG that nobody but replay and a description needs; those that we write have a file each beside this one.

/// <summary>NEXTOID: the OID counter, which a crash must not set back.</summary>
/// <remarks>Source of truth: XLogPutNextOid, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public readonly record struct NextOidRecord(uint NextOid)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out NextOidRecord record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>BACKUP_END: a base backup that started there is complete.</summary>
/// <param name="Start">Redo of the checkpoint that the backup began with.</param>
/// <remarks>Source of truth: do_pg_backup_stop, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public readonly record struct BackupEndRecord(Lsn Start)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BackupEndRecord record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Lsn());
        return fields.Whole;
    }
}

/// <summary>PARAMETER_CHANGE: settings that a standby must match.</summary>
/// <param name="WalLevel">0 minimal, 1 replica, 2 logical.</param>
/// <remarks>Source of truth: xl_parameter_change, PostgreSQL 15, src/include/access/xlog_internal.h: six times 4 bytes and twice 1 in this order. 10 and 11 had no max_wal_senders.</remarks>
public readonly record struct ParameterChangeRecord(int MaxConnections, int MaxWorkerProcesses, int MaxWalSenders, int MaxPreparedXacts, int MaxLocksPerXact, int WalLevel,
    bool WalLogHints, bool TrackCommitTimestamp)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out ParameterChangeRecord record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Int32(), fields.Int32(), fields.Int32(), fields.Int32(), fields.Int32(), fields.Int32(), fields.Boolean(), fields.Boolean());
        return fields.Whole;
    }
}

/// <summary>CHECKPOINT_REDO, from 17 on: where a checkpoint that is written later begins.</summary>
/// <param name="WalLevel">0 minimal, 1 replica, 2 logical.</param>
/// <remarks>Source of truth: CreateCheckPoint, PostgreSQL 17, src/backend/access/transam/xlog.c.</remarks>
public readonly record struct CheckpointRedoRecord(int WalLevel)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out CheckpointRedoRecord record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Int32());
        return fields.Whole;
    }
}

/// <summary>FPW_CHANGE: full_page_writes was switched.</summary>
/// <remarks>Source of truth: UpdateFullPageWrites, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public readonly record struct FullPageWritesChangeRecord(bool FullPageWrites)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out FullPageWritesChangeRecord record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Boolean());
        return fields.Whole;
    }
}
