namespace Pgrepl.Wal;

/// <summary>heap_identify and heap_desc. Files: this one the names and the texts up to 15, <c>.From16</c> the later ones.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/heapdesc.c.</remarks>
internal static partial class HeapDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        HeapInfo.Insert => "INSERT"u8,
        HeapInfo.Insert | HeapInfo.InitPage => "INSERT+INIT"u8,
        HeapInfo.Delete => "DELETE"u8,
        HeapInfo.Update => "UPDATE"u8,
        HeapInfo.Update | HeapInfo.InitPage => "UPDATE+INIT"u8,
        HeapInfo.HotUpdate => "HOT_UPDATE"u8,
        HeapInfo.HotUpdate | HeapInfo.InitPage => "HOT_UPDATE+INIT"u8,
        HeapInfo.Truncate => "TRUNCATE"u8,
        HeapInfo.Confirm => "HEAP_CONFIRM"u8,
        HeapInfo.Lock => "LOCK"u8,
        HeapInfo.Inplace => "INPLACE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text) => record.Major.Number >= 16 ? DescribeFrom16(record, text) : (record.Header.Info & HeapInfo.OperationMask) switch
    {
        HeapInfo.Insert => Insert(record.MainData, text),
        HeapInfo.Delete => Delete(record.MainData, text),
        HeapInfo.Update or HeapInfo.HotUpdate => Update(record.MainData, text),
        HeapInfo.Truncate => Truncate(record.MainData, text),
        HeapInfo.Lock => Lock(record.MainData, text),
        _ => Place(record.MainData, text), // HEAP_CONFIRM, INPLACE
    };

    private static bool Insert(ReadOnlySpan<byte> mainData, WalText text)
    {
        if (!HeapInsert.TryRead(mainData, out HeapInsert insert))
            return false;
        text.Append("off "u8).AppendUnsigned(insert.Offset).Append(" flags 0x"u8).AppendHex(insert.Flags, 2);
        return true;
    }

    private static bool Delete(ReadOnlySpan<byte> mainData, WalText text)
    {
        if (!HeapDelete.TryRead(mainData, out HeapDelete delete))
            return false;
        text.Append("off "u8).AppendUnsigned(delete.Offset).Append(" flags 0x"u8).AppendHex(delete.Flags, 2).Append((byte)' ');
        XmaxBits(delete.XmaxBits, text);
        return true;
    }

    private static bool Update(ReadOnlySpan<byte> mainData, WalText text)
    {
        if (!HeapUpdate.TryRead(mainData, out HeapUpdate update))
            return false;
        text.Append("off "u8).AppendUnsigned(update.OldOffset).Append(" xmax "u8).AppendUnsigned(update.OldXmax).Append(" flags 0x"u8).AppendHex(update.Flags, 2).Append((byte)' ');
        XmaxBits(update.OldXmaxBits, text);
        text.Append("; new off "u8).AppendUnsigned(update.NewOffset).Append(" xmax "u8).AppendUnsigned(update.NewXmax);
        return true;
    }

    private static bool Truncate(ReadOnlySpan<byte> mainData, WalText text)
    {
        if (!HeapTruncate.TryRead(mainData, out HeapTruncate truncate))
            return false;
        if (truncate.Flags.HasFlag(HeapTruncateFlags.Cascade))
            text.Append("cascade "u8);
        if (truncate.Flags.HasFlag(HeapTruncateFlags.RestartSequences))
            text.Append("restart_seqs "u8);
        text.Append("nrelids "u8).AppendUnsigned((uint)truncate.Relations.Length).Append(" relids"u8).AppendEach(truncate.Relations);
        return true;
    }

    private static bool Lock(ReadOnlySpan<byte> mainData, WalText text)
    {
        if (!HeapLock.TryRead(mainData, out HeapLock tuple))
            return false;
        text.Append("off "u8).AppendUnsigned(tuple.Offset).Append(": xid "u8).AppendUnsigned(tuple.Xid).Append(": flags 0x"u8).AppendHex(tuple.Flags, 2).Append((byte)' ');
        XmaxBits(tuple.XmaxBits, text);
        return true;
    }

    private static bool Place(ReadOnlySpan<byte> mainData, WalText text)
    {
        if (!HeapTuplePlace.TryRead(mainData, out HeapTuplePlace place))
            return false;
        text.Append("off "u8).AppendUnsigned(place.Offset);
        return true;
    }

    /// <summary>out_infobits.</summary>
    internal static void XmaxBits(HeapXmaxBits bits, WalText text)
    {
        if (bits.HasFlag(HeapXmaxBits.IsMulti))
            text.Append("IS_MULTI "u8);
        if (bits.HasFlag(HeapXmaxBits.LockOnly))
            text.Append("LOCK_ONLY "u8);
        if (bits.HasFlag(HeapXmaxBits.ExclusiveLock))
            text.Append("EXCL_LOCK "u8);
        if (bits.HasFlag(HeapXmaxBits.KeyShareLock))
            text.Append("KEYSHR_LOCK "u8);
        if (bits.HasFlag(HeapXmaxBits.KeysUpdated))
            text.Append("KEYS_UPDATED "u8);
    }
}
