using System.Buffers.Binary;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>What pg_resetwal does to the counters of a server that was stopped well: only 15 has one here. pg_control and the checkpoint record that it names are changed where they lie.</summary>
/// <remarks>Source of truth: ControlFileData, CheckPoint, PostgreSQL 15 to 18, src/include/catalog/pg_control.h.</remarks>
internal static class ResetCounters
{
    private const int CheckpointLocation = 32, CheckpointCopy = 40;       // in pg_control
    private const int NextXid = 24, NextMulti = 36, NextMember = 40;      // in a checkpoint
    private const int BodyOffset = WalRecordHeader.Size + 2, BodySize = 88; // of the record: a short main data header is before it

    public static void Write(PostgresServer server, ulong nextXid, uint nextMulti, uint nextMember)
    {
        string path = Path.Combine(server.Data, "global", "pg_control");
        byte[] control = File.ReadAllBytes(path);
        int crcOffset = server.Major >= 18 ? 292 : 288;
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(control.AsSpan(crcOffset)), Is.EqualTo(Crc32C.Compute(control.AsSpan(0, crcOffset))), "the layout of pg_control");
        Change(control.AsSpan(CheckpointCopy, BodySize));
        BinaryPrimitives.WriteUInt32LittleEndian(control.AsSpan(crcOffset), Crc32C.Compute(control.AsSpan(0, crcOffset)));
        Overwrite(path, 0, control);

        var location = new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(control.AsSpan(CheckpointLocation)));
        WalSegment segment = WalSegment.Containing(location, TimelineId.First, EveryRecord.SegmentSize);
        string wal = Path.Combine(server.Wal, segment.FileName(EveryRecord.SegmentSize));
        int offset = (int)location.BytesSince(segment.Start(EveryRecord.SegmentSize));
        byte[] record = File.ReadAllBytes(wal).AsSpan(offset, BodyOffset + BodySize).ToArray();
        WalRecordHeader header = WalRecordHeader.Read(record)!.Value;
        Assert.That(header.Crc, Is.EqualTo(WalRecordHeader.ComputeCrc(record)), "the checkpoint record, which lies in one page");
        Change(record.AsSpan(BodyOffset));
        (header with { Crc = WalRecordHeader.ComputeCrc(record) }).Write(record);
        Overwrite(wal, offset, record);

        void Change(Span<byte> checkpoint)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(checkpoint[NextXid..], nextXid);
            BinaryPrimitives.WriteUInt32LittleEndian(checkpoint[NextMulti..], nextMulti);
            BinaryPrimitives.WriteUInt32LittleEndian(checkpoint[NextMember..], nextMember);
        }
    }

    private static void Overwrite(string path, int offset, byte[] bytes)
    {
        using FileStream file = File.OpenWrite(path);
        file.Position = offset;
        file.Write(bytes);
    }
}
