using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

public sealed partial class WalInserter
{
    /// <summary>FirstNormalTransactionId; the three before it mean something else.</summary>
    private const uint FirstNormalXid = 3;

    private const ulong EpochMask = 0xFFFF_FFFF_0000_0000;

    /// <summary>GetNewTransactionId: a transaction id nobody had, and ours until the slot's BackendXid is set back to 0.</summary>
    /// <returns>64 bits; records carry the low 32.</returns>
    public ulong AssignXid()
    {
        Prepare();
        _wal.InsertLock.Enter();
        ulong xid = SkipSpecial((ulong)_wal.NextXid.Value);
        _slot.BackendXid.Value = (long)xid; // before anybody can see a later NextXid: a checkpoint looks for the oldest one
        _wal.NextXid.Value = (long)SkipSpecial(xid + 1);
        _wal.InsertLock.Leave();
        return xid;
    }

    /// <summary>RequestXLogSwitch: what is left of the current segment stays unused. Its flush is asked for; wait for it with <see cref="WaitForFlush"/>.</summary>
    /// <returns>Where the record starts and ends; at a segment's start already, that position twice, and nothing was inserted.</returns>
    /// <exception cref="PgException">As <see cref="Insert"/>.</exception>
    public (Lsn Start, Lsn End) InsertSwitch()
    {
        Prepare();
        SwitchRecord.Build(_ownBuilder);
        ulong size = WalFormat.Align((ulong)_ownBuilder.Seal());
        Lsn from = Reserve(size, wholeSegment: true, out Lsn start, out Lsn previous, out Lsn segmentEnd);
        if (!from.IsValid)
            return (segmentEnd, segmentEnd);
        try
        {
            Lsn end = WalPages.Lay(_ownBuilder.Finish(previous), from, _positions.SegmentSize, _timeline, _systemId, _sink);
            for (Lsn page = end.PageOffset == 0 ? end : end.PageStart + WalFormat.PageSize; page < segmentEnd; page += WalFormat.PageSize)
                WalPages.WriteHeader(PageFor(page, fresh: true), page, _positions.SegmentSize, _timeline, _systemId);
            Finished();
            _wal.FlushRequest.Raise(segmentEnd);
            _waits.WakeWalWriter();
            return (start, end);
        }
        catch (Exception e)
        {
            Environment.FailFast("WAL space is reserved and cannot be filled", e); // = crash reset
            throw;
        }
    }

    /// <summary>XLogRestorePoint: a named place that recovery can stop at.</summary>
    /// <returns>As <see cref="Insert"/>; not flushed.</returns>
    /// <exception cref="PgException">22023: the name has more than 63 bytes; else as <see cref="Insert"/>.</exception>
    public (Lsn Start, Lsn End) EmitRestorePoint(string name)
    {
        try
        {
            RestorePointRecord.Build(_ownBuilder, PgTime.Now(), name);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new PgException(SqlStates.InvalidParameterValue, $"value too long for restore point (maximum {RestorePointRecord.MaxNameSize - 1} characters)");
        }
        return Insert(_ownBuilder);
    }

    private static ulong SkipSpecial(ulong xid) => (uint)xid < FirstNormalXid ? (xid & EpochMask) | FirstNormalXid : xid;
}
