namespace Pgrepl.Wal;

/// <summary>xlog_identify and xlog_desc; NOOP, SWITCH and the images have no text.</summary>
/// <remarks>Source of truth: PostgreSQL 15 to 18, src/backend/access/rmgrdesc/xlogdesc.c.</remarks>
internal static class XlogDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info, PostgresMajor major) => (info & WalRecordHeader.OperationMask) switch
    {
        XlogInfo.CheckpointShutdown => "CHECKPOINT_SHUTDOWN"u8,
        XlogInfo.CheckpointOnline => "CHECKPOINT_ONLINE"u8,
        XlogInfo.Noop => "NOOP"u8,
        XlogInfo.NextOid => "NEXTOID"u8,
        XlogInfo.Switch => "SWITCH"u8,
        XlogInfo.BackupEnd => "BACKUP_END"u8,
        XlogInfo.ParameterChange => "PARAMETER_CHANGE"u8,
        XlogInfo.RestorePoint => "RESTORE_POINT"u8,
        XlogInfo.FpwChange => "FPW_CHANGE"u8,
        XlogInfo.EndOfRecovery => "END_OF_RECOVERY"u8,
        XlogInfo.OverwriteContrecord => "OVERWRITE_CONTRECORD"u8,
        XlogInfo.Fpi => "FPI"u8,
        XlogInfo.FpiForHint => "FPI_FOR_HINT"u8,
        XlogInfo.CheckpointRedo when major.TellsWalLevel => "CHECKPOINT_REDO"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        return record.Header.Operation switch
        {
            XlogInfo.CheckpointShutdown => OfCheckpoint(data, "shutdown"u8, record.Major, text),
            XlogInfo.CheckpointOnline => OfCheckpoint(data, "online"u8, record.Major, text),
            XlogInfo.NextOid => NextOid(data, text),
            XlogInfo.RestorePoint => RestorePoint(data, text),
            XlogInfo.BackupEnd => BackupEnd(data, text),
            XlogInfo.ParameterChange => ParameterChange(data, text),
            XlogInfo.FpwChange => FullPageWritesChange(data, text),
            XlogInfo.EndOfRecovery => EndOfRecovery(data, record.Major, text),
            XlogInfo.OverwriteContrecord => OverwriteContrecord(data, text),
            XlogInfo.CheckpointRedo when record.Major.TellsWalLevel => CheckpointRedo(data, text),
            _ => true,
        };
    }

    private static bool OfCheckpoint(ReadOnlySpan<byte> data, ReadOnlySpan<byte> kind, PostgresMajor major, WalText text)
    {
        if (Checkpoint.Read(data) is not { } checkpoint)
            return false;
        text.Append("redo "u8).AppendLsn(checkpoint.Redo)
            .Append("; tli "u8).AppendUnsigned(checkpoint.Timeline.Value).Append("; prev tli "u8).AppendUnsigned(checkpoint.PreviousTimeline.Value)
            .Append("; fpw "u8).Append(checkpoint.FullPageWrites ? "true"u8 : "false"u8);
        if (major.TellsWalLevel)
            text.Append("; wal_level "u8).Append(NameOfWalLevel(Checkpoint.WalLevelIn(data)));
        text.Append("; xid "u8).AppendUnsigned(checkpoint.NextXid >> 32).Append((byte)':').AppendUnsigned((uint)checkpoint.NextXid)
            .Append("; oid "u8).AppendUnsigned(checkpoint.NextOid).Append("; multi "u8).AppendUnsigned(checkpoint.NextMulti).Append("; offset "u8).AppendUnsigned(checkpoint.NextMultiOffset)
            .Append("; oldest xid "u8).AppendUnsigned(checkpoint.OldestXid).Append(" in DB "u8).AppendUnsigned(checkpoint.OldestXidDatabase)
            .Append("; oldest multi "u8).AppendUnsigned(checkpoint.OldestMulti).Append(" in DB "u8).AppendUnsigned(checkpoint.OldestMultiDatabase)
            .Append("; oldest/newest commit timestamp xid: "u8).AppendUnsigned(checkpoint.OldestCommitTimestampXid).Append((byte)'/').AppendUnsigned(checkpoint.NewestCommitTimestampXid)
            .Append("; oldest running xid "u8).AppendUnsigned(checkpoint.OldestActiveXid).Append("; "u8).Append(kind);
        return true;
    }

    private static bool NextOid(ReadOnlySpan<byte> data, WalText text)
    {
        if (!NextOidRecord.TryRead(data, out NextOidRecord next))
            return false;
        text.AppendUnsigned(next.NextOid);
        return true;
    }

    private static bool RestorePoint(ReadOnlySpan<byte> data, WalText text)
    {
        if (data.Length < RestorePointRecord.Size)
            return false;
        text.AppendUpToZero(data[8..RestorePointRecord.Size]); // the name as it stands there, which need not be UTF-8
        return true;
    }

    private static bool BackupEnd(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BackupEndRecord.TryRead(data, out BackupEndRecord end))
            return false;
        text.AppendLsn(end.Start);
        return true;
    }

    private static bool ParameterChange(ReadOnlySpan<byte> data, WalText text)
    {
        if (!ParameterChangeRecord.TryRead(data, out ParameterChangeRecord change))
            return false;
        text.Append("max_connections="u8).AppendSigned(change.MaxConnections).Append(" max_worker_processes="u8).AppendSigned(change.MaxWorkerProcesses)
            .Append(" max_wal_senders="u8).AppendSigned(change.MaxWalSenders).Append(" max_prepared_xacts="u8).AppendSigned(change.MaxPreparedXacts)
            .Append(" max_locks_per_xact="u8).AppendSigned(change.MaxLocksPerXact)
            .Append(" wal_level="u8).Append(NameOfWalLevel(change.WalLevel))
            .Append(" wal_log_hints="u8).Append(change.WalLogHints ? "on"u8 : "off"u8)
            .Append(" track_commit_timestamp="u8).Append(change.TrackCommitTimestamp ? "on"u8 : "off"u8);
        return true;
    }

    private static bool FullPageWritesChange(ReadOnlySpan<byte> data, WalText text)
    {
        if (!FullPageWritesChangeRecord.TryRead(data, out FullPageWritesChangeRecord change))
            return false;
        text.Append(change.FullPageWrites ? "true"u8 : "false"u8);
        return true;
    }

    private static bool EndOfRecovery(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (EndOfRecoveryRecord.Read(data) is not { } end || (major.TellsWalLevel && EndOfRecoveryRecord.WalLevelIn(data) is null))
            return false;
        text.Append("tli "u8).AppendUnsigned(end.Timeline.Value).Append("; prev tli "u8).AppendUnsigned(end.PreviousTimeline.Value).Append("; time "u8).AppendTimestamp(end.Time);
        if (major.TellsWalLevel)
            text.Append("; wal_level "u8).Append(NameOfWalLevel(EndOfRecoveryRecord.WalLevelIn(data)));
        return true;
    }

    private static bool CheckpointRedo(ReadOnlySpan<byte> data, WalText text)
    {
        if (!CheckpointRedoRecord.TryRead(data, out CheckpointRedoRecord redo))
            return false;
        text.Append("wal_level "u8).Append(NameOfWalLevel(redo.WalLevel));
        return true;
    }

    private static ReadOnlySpan<byte> NameOfWalLevel(int? level) => level switch { 0 => "minimal"u8, 1 => "replica"u8, 2 => "logical"u8, _ => "?"u8 };

    private static bool OverwriteContrecord(ReadOnlySpan<byte> data, WalText text)
    {
        if (OverwriteContrecordRecord.Read(data) is not { } overwrite)
            return false;
        text.Append("lsn "u8).AppendLsn(overwrite.Overwritten).Append("; time "u8).AppendTimestamp(overwrite.Time);
        return true;
    }
}
