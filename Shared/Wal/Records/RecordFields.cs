using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>Fields of a record by their offset, in bytes; the caller has looked whether they are there.</summary>
internal static class RecordFields
{
    internal static ushort UInt16At(this ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(source[offset..]);

    internal static uint UInt32At(this ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(source[offset..]);

    internal static int Int32At(this ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadInt32LittleEndian(source[offset..]);

    internal static ulong UInt64At(this ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(source[offset..]);

    internal static long Int64At(this ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadInt64LittleEndian(source[offset..]);

    internal static double DoubleAt(this ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadDoubleLittleEndian(source[offset..]);

    /// <summary>bool of C: one byte.</summary>
    internal static bool BoolAt(this ReadOnlySpan<byte> source, int offset) => source[offset] != 0;

    /// <summary>BlockIdData: two halves of 16 bits, the high one first, so that it needs no alignment to 4.</summary>
    internal static uint BlockIdAt(this ReadOnlySpan<byte> source, int offset) => (uint)source.UInt16At(offset) << 16 | source.UInt16At(offset + 2);
}
