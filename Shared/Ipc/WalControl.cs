using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>The WAL of a primary in memory: where the next record goes, what is written and durable, and the ring of WAL buffers.</summary>
/// <remarks>Answers to XLogCtl and its Insert, PostgreSQL 15, src/backend/access/transam/xlog.c. Who writes what stands at each field.</remarks>
public sealed class WalControl
{
    private readonly SharedMemory _memory;
    private readonly long _buffers;

    internal WalControl(SharedMemory memory, SegmentLayout layout, int bufferPages, SharedInt32 doomed)
    {
        _memory = memory;
        BufferPages = bufferPages;
        layout.NewCacheLine();
        InsertLock = new(memory, layout.Int32("wal.insert_lock"), doomed);
        InsertPosition = new(memory, layout.Int64("wal.insert_position"));
        PreviousRecord = new(memory, layout.Int64("wal.previous_record"));
        NextXid = new(memory, layout.Int64("wal.next_xid"));
        layout.NewCacheLine();
        AllocatedUpTo = new(memory, layout.Int64("wal.allocated_up_to"));
        ReusableUpTo = new(memory, layout.Int64("wal.reusable_up_to"));
        layout.NewCacheLine();
        Written = new(memory, layout.Int64("wal.written"));
        Flushed = new(memory, layout.Int64("wal.flushed"));
        WriteOwner = new(memory, layout.Int32("wal.write_owner"));
        layout.NewCacheLine();
        WriteRequest = new(memory, layout.Int64("wal.write_request"));
        FlushRequest = new(memory, layout.Int64("wal.flush_request"));
        AsyncCommit = new(memory, layout.Int64("wal.async_commit"));
        AllocationRequest = new(memory, layout.Int64("wal.allocation_request"));
        InsertersAwaited = new(memory, layout.Int32("wal.inserters_awaited"));
        WalWriterSleeping = new(memory, layout.Int32("wal.wal_writer_sleeping"));
        layout.NewCacheLine();
        Timeline = new(memory, layout.Int32("wal.timeline"));
        PreviousTimeline = new(memory, layout.Int32("wal.previous_timeline"));
        DiskFull = new(memory, layout.Int32("wal.disk_full"));
        CheckpointRequest = new(memory, layout.Int32("wal.checkpoint_request"));
        CheckpointsDone = new(memory, layout.Int32("wal.checkpoints_done"));
        Redo = new(memory, layout.Int64("wal.redo"));
        for (int mode = 0; mode < SyncLsn.Length; mode++)
            SyncLsn[mode] = new(memory, layout.Int64("wal.sync_lsn"));
        SyncStandbysDefined = new(memory, layout.Int32("wal.sync_standbys_defined"));
        _buffers = layout.Bytes("wal.buffers", checked(bufferPages * WalFormat.PageSize), 4096);
    }

    public int BufferPages { get; }

    /// <summary>Guards InsertPosition, PreviousRecord, NextXid.</summary>
    public SharedSpinLock InsertLock { get; }

    /// <summary>Where the next record starts, as a count of usable bytes (<see cref="WalPositions"/>): page headers do not count.</summary>
    public SharedLsn InsertPosition { get; }

    /// <summary>Start (LSN) of the last record reserved: the next one's backlink.</summary>
    public SharedLsn PreviousRecord { get; }

    /// <summary>64 bits; records carry the low 32.</summary>
    public SharedInt64 NextXid { get; }

    /// <summary>Walwriter: end of the last segment that exists in full. No record may end beyond it.</summary>
    public SharedLsn AllocatedUpTo { get; }

    /// <summary>Write owner: buffer pages below this position may be filled: the pages that were there are written.</summary>
    public SharedLsn ReusableUpTo { get; }

    /// <summary>Write owner: handed to the kernel.</summary>
    public SharedLsn Written { get; }

    /// <summary>Write owner: durable. A record end or a page boundary.</summary>
    public SharedLsn Flushed { get; }

    /// <summary>A <see cref="WalWriteOwner"/>: who takes WAL from the buffers to disk just now (WALWriteLock).</summary>
    public SharedInt32 WriteOwner { get; }

    /// <summary>Inserters: please write up to here (a buffer page is needed).</summary>
    public SharedLsn WriteRequest { get; }

    /// <summary>Committers: please make durable up to here.</summary>
    public SharedLsn FlushRequest { get; }

    /// <summary>End of the last commit that does not wait: flushed within wal_writer_delay.</summary>
    public SharedLsn AsyncCommit { get; }

    /// <summary>Inserters: please make segments up to here.</summary>
    public SharedLsn AllocationRequest { get; }

    /// <summary>1: walwriter cannot go on before an inserter has finished; whoever finishes sets its latch.</summary>
    public SharedInt32 InsertersAwaited { get; }

    /// <summary>1: everything is flushed and walwriter sleeps for long; an asynchronous commit sets its latch (XLogCtl->WalWriterSleeping).</summary>
    public SharedInt32 WalWriterSleeping { get; }

    /// <summary>The timeline that new WAL belongs to. Startup sets it before RecoveryDone.</summary>
    public SharedInt32 Timeline { get; }

    public SharedInt32 PreviousTimeline { get; }

    /// <summary>1: no segment could be made for want of space; inserters wait, then fail with 53100.</summary>
    public SharedInt32 DiskFull { get; }

    /// <summary>Counts checkpoints asked for: Increment gives the number to wait for in CheckpointsDone.</summary>
    public SharedInt32 CheckpointRequest { get; }

    /// <summary>Walwriter: the request that the last finished checkpoint had seen when it began.</summary>
    public SharedInt32 CheckpointsDone { get; }

    /// <summary>Redo of the durable control file: WAL from here on stays.</summary>
    public SharedLsn Redo { get; }

    /// <summary>By <see cref="SyncWaitMode"/>: what the current rule of synchronous_standby_names has granted. Only rises.</summary>
    public SharedLsn[] SyncLsn { get; } = new SharedLsn[3];

    /// <summary>1: synchronous_standby_names is not empty. The postmaster sets it with the segment, and walwriter keeps it (as PostgreSQL's checkpointer does).</summary>
    public SharedInt32 SyncStandbysDefined { get; }

    /// <summary>The buffer page for the WAL page that starts at <paramref name="pageStart"/>: 8192 bytes.</summary>
    public Span<byte> Page(Lsn pageStart) =>
        _memory.Slice(_buffers + (long)(pageStart.Value / WalFormat.PageSize % (ulong)BufferPages) * WalFormat.PageSize, WalFormat.PageSize);

    /// <summary>Up to <paramref name="pages"/> neighbouring buffer pages from <paramref name="pageStart"/> on, fewer at the ring's end: for one pwrite.</summary>
    public Span<byte> Pages(Lsn pageStart, int pages)
    {
        int first = (int)(pageStart.Value / WalFormat.PageSize % (ulong)BufferPages);
        return _memory.Slice(_buffers + (long)first * WalFormat.PageSize, Math.Min(pages, BufferPages - first) * WalFormat.PageSize);
    }
}
