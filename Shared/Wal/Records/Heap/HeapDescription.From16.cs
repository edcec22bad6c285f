namespace Pgrepl.Wal;

// The texts of 16 and later: every value has its name before it, bits are lists.
// Source of truth: PostgreSQL 16 to 18, src/backend/access/rmgrdesc/heapdesc.c.
internal static partial class HeapDescription
{
    private static bool DescribeFrom16(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        switch (record.Header.Info & HeapInfo.OperationMask)
        {
            case HeapInfo.Insert when HeapInsert.TryRead(data, out HeapInsert insert):
                text.Append("off: "u8).AppendUnsigned(insert.Offset);
                Flags(insert.Flags, text);
                return true;
            case HeapInfo.Delete when HeapDelete.TryRead(data, out HeapDelete delete):
                Tuple(delete.Xmax, delete.Offset, delete.XmaxBits, delete.Flags, text);
                return true;
            case HeapInfo.Update or HeapInfo.HotUpdate when HeapUpdate.TryRead(data, out HeapUpdate update):
                text.Append("old_xmax: "u8).AppendUnsigned(update.OldXmax).Append(", old_off: "u8).AppendUnsigned(update.OldOffset);
                XmaxList(", old_infobits: ["u8, update.OldXmaxBits, text);
                Flags(update.Flags, text);
                text.Append(", new_xmax: "u8).AppendUnsigned(update.NewXmax).Append(", new_off: "u8).AppendUnsigned(update.NewOffset);
                return true;
            case HeapInfo.Truncate when HeapTruncate.TryRead(data, out HeapTruncate truncate):
                TruncateFrom16(truncate, text);
                return true;
            case HeapInfo.Lock when HeapLock.TryRead(data, out HeapLock locked):
                Tuple(locked.Xid, locked.Offset, locked.XmaxBits, locked.Flags, text);
                return true;
            case HeapInfo.Inplace when record.Major.Number >= 18:
                return InplaceFrom18(data, text);
            case HeapInfo.Confirm or HeapInfo.Inplace when HeapTuplePlace.TryRead(data, out HeapTuplePlace place):
                text.Append("off: "u8).AppendUnsigned(place.Offset);
                return true;
            default:
                return false;
        }
    }

    private static bool InplaceFrom18(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HeapInplace.TryRead(data, out HeapInplace change))
            return false;
        text.Append("off: "u8).AppendUnsigned(change.Offset);
        StandbyDescription.Invalidations(change.Messages, change.Database, change.Tablespace, change.UpdateRelcacheFile, text);
        return true;
    }

    private static void TruncateFrom16(in HeapTruncate truncate, WalText text)
    {
        int start = text.Append("flags: ["u8).Length;
        if (truncate.Flags.HasFlag(HeapTruncateFlags.Cascade))
            Item("CASCADE"u8, start, text);
        if (truncate.Flags.HasFlag(HeapTruncateFlags.RestartSequences))
            Item("RESTART_SEQS"u8, start, text);
        text.Append("], nrelids: "u8).AppendUnsigned((uint)truncate.Relations.Length).Append(", relids:"u8).AppendArray(truncate.Relations);
    }

    /// <summary>What happens to a tuple's xmax.</summary>
    internal static void Tuple(uint xmax, ushort offset, HeapXmaxBits bits, byte flags, WalText text)
    {
        text.Append("xmax: "u8).AppendUnsigned(xmax).Append(", off: "u8).AppendUnsigned(offset);
        XmaxList(", infobits: ["u8, bits, text);
        Flags(flags, text);
    }

    internal static void Flags(byte flags, WalText text) => text.Append(", flags: 0x"u8).AppendHex(flags, 2);

    /// <summary>infobits_desc.</summary>
    private static void XmaxList(ReadOnlySpan<byte> name, HeapXmaxBits bits, WalText text)
    {
        int start = text.Append(name).Length;
        if (bits.HasFlag(HeapXmaxBits.IsMulti))
            Item("IS_MULTI"u8, start, text);
        if (bits.HasFlag(HeapXmaxBits.LockOnly))
            Item("LOCK_ONLY"u8, start, text);
        if (bits.HasFlag(HeapXmaxBits.ExclusiveLock))
            Item("EXCL_LOCK"u8, start, text);
        if (bits.HasFlag(HeapXmaxBits.KeyShareLock))
            Item("KEYSHR_LOCK"u8, start, text);
        if (bits.HasFlag(HeapXmaxBits.KeysUpdated))
            Item("KEYS_UPDATED"u8, start, text);
        text.Append((byte)']');
    }

    /// <param name="start">The text's length where the list begins.</param>
    private static void Item(ReadOnlySpan<byte> name, int start, WalText text)
    {
        if (text.Length > start)
            text.Append(", "u8);
        text.Append(name);
    }
}
