using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>Names the files of one relation.</summary>
/// <param name="Tablespace">1663: pg_default; 1664: pg_global.</param>
/// <param name="Database">0: shared by all.</param>
/// <param name="Relation">The relation's filenode, which is not always its OID.</param>
/// <remarks>Source of truth: RelFileNode, PostgreSQL 15, src/include/storage/relfilenode.h (RelFileLocator from 16 on): 4, 4 and 4 bytes in this order.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct RelFileNode(uint Tablespace, uint Database, uint Relation)
{
    /// <summary>Bytes.</summary>
    public const int Size = 12;

    /// <summary>Decodes the layout and judges nothing.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    public static RelFileNode Read(ReadOnlySpan<byte> source) => MemoryMarshal.Read<RelFileNode>(source);
}
