using System.Buffers.Binary;

namespace Pgrepl.Wal.Tests;

/// <summary>Records with fragments of any kind, good or bad, under a good CRC.</summary>
internal static class RawRecord
{
    /// <param name="fragments">All that follows the record's header.</param>
    /// <param name="previous">Start of the record before.</param>
    public static byte[] Make(ReadOnlySpan<byte> fragments, Lsn previous)
    {
        byte[] record = new byte[WalRecordHeader.Size + fragments.Length];
        fragments.CopyTo(record.AsSpan(WalRecordHeader.Size));
        new WalRecordHeader((uint)record.Length, 0, previous, 0x20, ResourceManagerId.Xlog, 0).Write(record);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(WalRecordHeader.CrcOffset), WalRecordHeader.ComputeCrc(record));
        return record;
    }
}
