namespace Pgrepl.Wal;

/// <summary>generic_identify and generic_desc.</summary>
/// <remarks>PostgreSQL looks for the pieces in the main data, where it writes none: they are in the data of the blocks. So a real record says nothing.
/// Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/genericdesc.c.</remarks>
internal static class GenericDescription
{
    internal static ReadOnlySpan<byte> Identify() => "Generic"u8;

    internal static bool Describe(WalReader record, WalText text)
    {
        var pieces = new GenericDeltas(record.MainData);
        while (pieces.Next())
        {
            text.Append("offset "u8).AppendUnsigned(pieces.Offset).Append(", length "u8).AppendUnsigned((uint)pieces.Bytes.Length);
            if (!pieces.IsLast)
                text.Append("; "u8);
        }
        return !pieces.IsCutShort;
    }
}
