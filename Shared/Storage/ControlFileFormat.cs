using System.Buffers.Binary;

namespace Pgrepl.Shared.Storage;

/// <summary>What pg_control says about the server that wrote it: versions, and the sizes it was compiled with.</summary>
/// <remarks>Source of truth: ControlFileData, PostgreSQL 15, src/include/catalog/pg_control.h; offsets as in <see cref="ControlFileData"/>.</remarks>
public readonly record struct ControlFileFormat(uint Version, uint CatalogVersion, uint MaximumAlignment, uint BlockSize, uint RelationSegmentBlocks, uint WalBlockSize,
    uint IdentifierLength, uint IndexColumns, uint ToastChunkSize, uint LargeObjectChunkSize, bool Float8ByValue)
{
    /// <param name="bytes">At least <see cref="ControlFileData.Size"/> of them.</param>
    public static ControlFileFormat Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[204..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[216..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[220..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[224..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[232..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[236..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[240..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[244..]), bytes[248] != 0);
}
