namespace Pgrepl.Wal;

/// <summary>standby_identify, standby_desc and, for commits too, standby_desc_invalidations.</summary>
/// <remarks>Source of truth: PostgreSQL 15 to 18, src/backend/access/rmgrdesc/standbydesc.c.</remarks>
internal static class StandbyDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        StandbyInfo.Lock => "LOCK"u8,
        StandbyInfo.RunningXacts => "RUNNING_XACTS"u8,
        StandbyInfo.Invalidations => "INVALIDATIONS"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text) => record.Header.Operation switch
    {
        StandbyInfo.Lock => Locks(record.MainData, text),
        StandbyInfo.RunningXacts => Running(record.MainData, record.Major, text),
        StandbyInfo.Invalidations => Invalidations(record.MainData, text),
        _ => true,
    };

    private static bool Locks(ReadOnlySpan<byte> data, WalText text)
    {
        if (!StandbyLocks.TryRead(data, out StandbyLocks locks))
            return false;
        foreach (ref readonly StandbyLock held in locks.Locks)
            text.Append("xid "u8).AppendUnsigned(held.Xid).Append(" db "u8).AppendUnsigned(held.Database).Append(" rel "u8).AppendUnsigned(held.Relation).Append((byte)' ');
        return true;
    }

    private static bool Running(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!RunningXacts.TryRead(data, out RunningXacts running))
            return false;
        text.Append("nextXid "u8).AppendUnsigned(running.NextXid).Append(" latestCompletedXid "u8).AppendUnsigned(running.LatestCompletedXid)
            .Append(" oldestRunningXid "u8).AppendUnsigned(running.OldestRunningXid);
        if (!running.Xids.IsEmpty)
            text.Append("; "u8).AppendUnsigned((uint)running.Xids.Length).Append(" xacts:"u8).AppendEach(running.Xids);
        if (running.SubxidsOverflowed)
            text.Append(major.Number >= 16 ? "; subxid overflowed"u8 : "; subxid ovf"u8);
        if (major.Number >= 16 && !running.Subxids.IsEmpty)
            text.Append("; "u8).AppendUnsigned((uint)running.Subxids.Length).Append(" subxacts:"u8).AppendEach(running.Subxids);
        return true;
    }

    private static bool Invalidations(ReadOnlySpan<byte> data, WalText text)
    {
        if (!StandbyInvalidations.TryRead(data, out StandbyInvalidations record))
            return false;
        Invalidations(record.Messages, record.Database, record.Tablespace, record.UpdateRelcacheFile, text);
        return true;
    }

    internal static void Invalidations(ReadOnlySpan<InvalidationMessage> messages, uint database, uint tablespace, bool relcacheFile, WalText text)
    {
        if (messages.IsEmpty)
            return;
        if (relcacheFile)
            text.Append("; relcache init file inval dbid "u8).AppendUnsigned(database).Append(" tsid "u8).AppendUnsigned(tablespace);
        text.Append("; inval msgs:"u8);
        foreach (ref readonly InvalidationMessage message in messages)
        {
            switch (message.Kind)
            {
                case >= 0: text.Append(" catcache "u8).AppendSigned(message.Kind); break;
                case InvalidationMessage.Catalog: text.Append(" catalog "u8).AppendUnsigned(message.Object); break;
                case InvalidationMessage.Relcache: text.Append(" relcache "u8).AppendUnsigned(message.Object); break;
                case InvalidationMessage.Smgr: text.Append(" smgr"u8); break;
                case InvalidationMessage.RelationMap: text.Append(" relmap db "u8).AppendUnsigned(message.Database); break;
                case InvalidationMessage.Snapshot: text.Append(" snapshot "u8).AppendUnsigned(message.Object); break;
                default: text.Append(" unrecognized id "u8).AppendSigned(message.Kind); break;
            }
        }
    }
}
