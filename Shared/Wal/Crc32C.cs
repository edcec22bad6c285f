using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>CRC-32C (Castagnoli), the checksum of WAL records, pg_control and our own files. A state may be carried over several pieces.</summary>
/// <remarks>Source of truth: INIT_CRC32C, COMP_CRC32C, FIN_CRC32C, PostgreSQL 15, src/include/port/pg_crc32c.h.</remarks>
public static class Crc32C
{
    /// <summary>INIT_CRC32C.</summary>
    public const uint Initial = 0xFFFFFFFF;

    /// <summary>COMP_CRC32C: takes <paramref name="bytes"/> into <paramref name="state"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // published code of it is slow, and a short run ends before .NET has made it anew
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            state = BitOperations.Crc32C(state, word);
        int at = 8 * words.Length;
        if ((bytes.Length & 4) != 0)
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]));
            at += 4;
        }
        if ((bytes.Length & 2) != 0)
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]));
            at += 2;
        }
        if ((bytes.Length & 1) != 0)
            state = BitOperations.Crc32C(state, bytes[at]);
        return state;
    }

    /// <summary>The same of exactly 20 bytes, what a record's header adds to its checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint AppendRecordHeader(uint state, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..20];
        state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        return BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
    }

    /// <summary>FIN_CRC32C.</summary>
    public static uint Finish(uint state) => state ^ 0xFFFFFFFF;

    /// <summary>The checksum of one piece.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Finish(Append(Initial, bytes));
}
