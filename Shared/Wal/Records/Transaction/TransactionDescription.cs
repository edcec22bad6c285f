namespace Pgrepl.Wal;

/// <summary>xact_identify and xact_desc. 13 and 14 say nothing of apply_feedback, nor of the origin of an abort or a prepared transaction; 13 has no INVALIDATION.</summary>
/// <remarks>Source of truth: PostgreSQL 13 to 18, src/backend/access/rmgrdesc/xactdesc.c.</remarks>
internal static class TransactionDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info, PostgresMajor major) => (info & XactInfo.OperationMask) switch
    {
        XactInfo.Commit => "COMMIT"u8,
        XactInfo.Prepare => "PREPARE"u8,
        XactInfo.Abort => "ABORT"u8,
        XactInfo.CommitPrepared => "COMMIT_PREPARED"u8,
        XactInfo.AbortPrepared => "ABORT_PREPARED"u8,
        XactInfo.Assignment => "ASSIGNMENT"u8,
        XactInfo.Invalidations when major.Number >= 14 => "INVALIDATION"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text) => (record.Header.Info & XactInfo.OperationMask) switch
    {
        XactInfo.Commit or XactInfo.CommitPrepared => Commit(record, text),
        XactInfo.Abort or XactInfo.AbortPrepared => Abort(record, text),
        XactInfo.Prepare => Prepare(record, text),
        XactInfo.Assignment => Assignment(record.MainData, text),
        XactInfo.Invalidations when record.Major.Number >= 14 => Invalidations(record.MainData, text),
        _ => true,
    };

    private static bool Commit(WalReader record, WalText text)
    {
        if (!TransactionEnd.TryRead(record.Header.Info, record.MainData, record.Major, out TransactionEnd end))
            return false;
        Time(end, text);
        if (end.Xinfo == 0)
            return true;
        Relations("; rels:"u8, end.Relations, record.Major, text);
        Subxacts(end.Subxacts, text);
        Stats("; dropped stats:"u8, end.DroppedStats, text);
        StandbyDescription.Invalidations(end.Invalidations, end.Database, end.Tablespace, (end.Xinfo & XactInfo.UpdateRelcacheFile) != 0, text);
        if ((end.Xinfo & XactInfo.ApplyFeedback) != 0 && record.Major.Number >= 15)
            text.Append("; apply_feedback"u8);
        if ((end.Xinfo & XactInfo.ForceSyncCommit) != 0)
            text.Append("; sync"u8);
        if ((end.Xinfo & XactInfo.HasOrigin) != 0)
            Origin(record.Origin, end.OriginLsn, end.OriginTime, text);
        return true;
    }

    private static bool Abort(WalReader record, WalText text)
    {
        if (!TransactionEnd.TryRead(record.Header.Info, record.MainData, record.Major, out TransactionEnd end))
            return false;
        Time(end, text);
        Relations("; rels:"u8, end.Relations, record.Major, text);
        Subxacts(end.Subxacts, text);
        if ((end.Xinfo & XactInfo.HasOrigin) != 0 && record.Major.Number >= 15)
            Origin(record.Origin, end.OriginLsn, end.OriginTime, text);
        Stats("; dropped stats:"u8, end.DroppedStats, text);
        return true;
    }

    private static bool Prepare(WalReader record, WalText text)
    {
        if (!TransactionPrepare.TryRead(record.MainData, record.Major, out TransactionPrepare prepare))
            return false;
        text.Append("gid "u8).AppendUpToZero(prepare.Gid).Append(": "u8).AppendTimestamp(prepare.Time);
        Relations("; rels(commit):"u8, prepare.CommitRelations, record.Major, text);
        Relations("; rels(abort):"u8, prepare.AbortRelations, record.Major, text);
        Stats("; commit dropped stats:"u8, prepare.CommitStats, text);
        Stats("; abort dropped stats:"u8, prepare.AbortStats, text);
        Subxacts(prepare.Subxacts, text);
        StandbyDescription.Invalidations(prepare.Invalidations, prepare.Database, 0, prepare.UpdateRelcacheFile, text);
        if (record.Origin != 0 && record.Major.Number >= 15)
            Origin(record.Origin, prepare.OriginLsn, prepare.OriginTime, text);
        return true;
    }

    private static bool Assignment(ReadOnlySpan<byte> data, WalText text)
    {
        if (!TransactionAssignment.TryRead(data, out TransactionAssignment assignment))
            return false;
        text.Append("xtop "u8).AppendUnsigned(assignment.TopXid).Append(": subxacts:"u8).AppendEach(assignment.Subxacts);
        return true;
    }

    private static bool Invalidations(ReadOnlySpan<byte> data, WalText text)
    {
        if (!TransactionInvalidations.TryRead(data, out TransactionInvalidations invalidations))
            return false;
        StandbyDescription.Invalidations(invalidations.Messages, 0, 0, false, text);
        return true;
    }

    private static void Time(in TransactionEnd end, WalText text)
    {
        if (end.PreparedXid != 0)
            text.AppendUnsigned(end.PreparedXid).Append(": "u8);
        text.AppendTimestamp(end.Time);
    }

    private static void Relations(ReadOnlySpan<byte> label, ReadOnlySpan<RelFileNode> relations, PostgresMajor major, WalText text)
    {
        if (relations.IsEmpty)
            return;
        text.Append(label);
        foreach (ref readonly RelFileNode relation in relations)
            text.Append((byte)' ').AppendPath(relation, 0, major);
    }

    private static void Subxacts(ReadOnlySpan<uint> subxacts, WalText text)
    {
        if (!subxacts.IsEmpty)
            text.Append("; subxacts:"u8).AppendEach(subxacts);
    }

    private static void Stats(ReadOnlySpan<byte> label, DroppedStatisticsList dropped, WalText text)
    {
        if (dropped.Count > 0)
            text.Append(label);
        for (int i = 0; i < dropped.Count; i++)
        {
            DroppedStatistics item = dropped[i];
            text.Append((byte)' ').AppendSigned(item.Kind).Append((byte)'/').AppendUnsigned(item.Database).Append((byte)'/').AppendUnsigned(item.Object);
        }
    }

    private static void Origin(ushort node, Lsn lsn, long time, WalText text) =>
        text.Append("; origin: node "u8).AppendUnsigned(node).Append(", lsn "u8).AppendLsn(lsn).Append(", at "u8).AppendTimestamp(time);
}
