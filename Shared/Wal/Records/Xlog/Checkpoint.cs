using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>Body of CHECKPOINT_SHUTDOWN and CHECKPOINT_ONLINE records; pg_control holds a copy of the newest.</summary>
/// <remarks>Source of truth: CheckPoint, PostgreSQL 15, src/include/catalog/pg_control.h. Little-endian.
/// <code>
/// offset  size  field
///      0     8  Redo                where replay starts
///      8     4  Timeline
///     12     4  PreviousTimeline    the same, unless the record begins a timeline
///     16     1  FullPageWrites      then 7 bytes of padding, the last 4 of which are wal_level from 17 on
///     24     8  NextXid             64 bits: epoch and xid
///     32     4  NextOid
///     36     4  NextMulti
///     40     4  NextMultiOffset
///     44     4  OldestXid
///     48     4  OldestXidDatabase
///     52     4  OldestMulti
///     56     4  OldestMultiDatabase then 4 bytes of padding
///     64     8  Time                Unix seconds
///     72     4  OldestCommitTimestampXid
///     76     4  NewestCommitTimestampXid
///     80     4  OldestActiveXid     0 in a shutdown checkpoint; then 4 bytes of padding
/// </code></remarks>
public readonly record struct Checkpoint(
    Lsn Redo,
    TimelineId Timeline,
    TimelineId PreviousTimeline,
    bool FullPageWrites,
    ulong NextXid,
    uint NextOid,
    uint NextMulti,
    uint NextMultiOffset,
    uint OldestXid,
    uint OldestXidDatabase,
    uint OldestMulti,
    uint OldestMultiDatabase,
    long Time,
    uint OldestCommitTimestampXid,
    uint NewestCommitTimestampXid,
    uint OldestActiveXid)
{
    /// <summary>Bytes.</summary>
    public const int Size = 88;

    /// <summary>Decodes the layout and judges nothing; <see langword="null"/>: fewer than <see cref="Size"/> bytes.</summary>
    public static Checkpoint? Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < Size)
            return null;
        return new Checkpoint(
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(source)),
            new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(source[8..])),
            new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(source[12..])),
            source[16] != 0,
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[44..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[48..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[52..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[56..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[64..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[72..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[76..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[80..]));
    }

    /// <summary>wal_level, from 17 on: 0 minimal, 1 replica, 2 logical.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    public static int WalLevelIn(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadInt32LittleEndian(source[20..]);

    /// <summary>The next transaction id of a checkpoint record of any major; <see langword="null"/>: the record that the reader holds is another.</summary>
    /// <remarks>Before 12 the epoch has bytes 20 to 23 and the id 24 to 27. Source of truth: CheckPoint, PostgreSQL 10 to 18, src/include/catalog/pg_control.h.</remarks>
    public static ulong? NextXidIn(WalReader reader, PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(major);
        if (reader.Header.Rmgr != ResourceManagerId.Xlog || (reader.Header.Info & 0xF0) is not (XlogInfo.CheckpointShutdown or XlogInfo.CheckpointOnline) || reader.MainData.Length < 32)
            return null;
        uint xid = BinaryPrimitives.ReadUInt32LittleEndian(reader.MainData[24..]);
        return FullXid.Of(BinaryPrimitives.ReadUInt32LittleEndian(reader.MainData[(major.HasFullXids ? 28 : 20)..]), xid);
    }

    /// <summary>Writes all <see cref="Size"/> bytes, padding too.</summary>
    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, Redo.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Timeline.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], PreviousTimeline.Value);
        target[16] = FullPageWrites ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], NextXid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], NextOid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[36..], NextMulti);
        BinaryPrimitives.WriteUInt32LittleEndian(target[40..], NextMultiOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(target[44..], OldestXid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[48..], OldestXidDatabase);
        BinaryPrimitives.WriteUInt32LittleEndian(target[52..], OldestMulti);
        BinaryPrimitives.WriteUInt32LittleEndian(target[56..], OldestMultiDatabase);
        BinaryPrimitives.WriteInt64LittleEndian(target[64..], Time);
        BinaryPrimitives.WriteUInt32LittleEndian(target[72..], OldestCommitTimestampXid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[76..], NewestCommitTimestampXid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[80..], OldestActiveXid);
    }

    /// <summary>Begins a CHECKPOINT_SHUTDOWN or CHECKPOINT_ONLINE record. A shutdown checkpoint's <see cref="Redo"/> is its own start.</summary>
    public void Build(WalRecordBuilder builder, bool shutdown)
    {
        ArgumentNullException.ThrowIfNull(builder);
        Span<byte> body = stackalloc byte[Size];
        Write(body);
        builder.Begin(ResourceManagerId.Xlog, shutdown ? XlogInfo.CheckpointShutdown : XlogInfo.CheckpointOnline, 0);
        builder.Append(body);
    }
}
