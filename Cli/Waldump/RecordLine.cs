using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>A record as pg_waldump shows it: one line, or with block details a line for each block behind it.</summary>
/// <remarks>Source of truth: XLogDumpDisplayRecord, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c; XLogRecGetBlockRefInfo, src/backend/access/rmgrdesc/xlogdesc.c.</remarks>
internal static class RecordLine
{
    private const int NameWidth = 11, LengthWidth = 6, XidWidth = 10;

    /// <summary>By resource manager: what comes before the first number.</summary>
    private static readonly byte[][] Beginnings = [.. Enumerable.Range(0, 256).Select(id =>
        new WalText().Append("rmgr: "u8).AppendLeft(WalDescription.Name((ResourceManagerId)id), NameWidth).Append(" len (rec/tot): "u8).Bytes.ToArray())];

    internal static void Append(WalReader record, bool blockDetails, WalText text)
    {
        ref readonly WalRecordHeader header = ref record.Header;
        text.Append(Beginnings[(byte)header.Rmgr]).AppendPadded(header.TotalLength - (uint)record.ImageLength, LengthWidth).Append((byte)'/').AppendPadded(header.TotalLength, LengthWidth)
            .Append(", tx: "u8).AppendPadded(header.Xid, XidWidth)
            .Append(", lsn: "u8).AppendLongLsn(record.RecordStart).Append(", prev "u8).AppendLongLsn(header.Previous).Append(", desc: "u8);
        ReadOnlySpan<byte> name = WalDescription.Identify(header.Rmgr, header.Info, record.Major);
        if (name.IsEmpty)
            text.Append("UNKNOWN ("u8).AppendLowerHex(header.Operation).Append(") "u8);
        else
            text.Append(name).Append((byte)' ');
        WalDescription.Describe(record, text);
        if (blockDetails)
            AppendBlockLines(record, text);
        else
            AppendBlocks(record, text);
    }

    private static void AppendBlocks(WalReader record, WalText text)
    {
        for (int id = 0; id <= record.MaxBlockId; id++)
        {
            ref readonly WalBlock block = ref record.Block(id);
            if (!block.Exists)
                continue;
            text.Append(", blkref #"u8).AppendUnsigned((uint)id).Append(": rel "u8).AppendRelation(block.Relation);
            if (block.Fork != 0)
                text.Append(" fork "u8).AppendFork(block.Fork);
            text.Append(" blk "u8).AppendUnsigned(block.Number);
            if (block.HasImage)
                text.Append(block.Image.Apply ? " FPW"u8 : " FPW for WAL verification"u8);
        }
        text.Append((byte)'\n');
    }

    private static void AppendBlockLines(WalReader record, WalText text)
    {
        text.Append((byte)'\n');
        for (int id = 0; id <= record.MaxBlockId; id++)
        {
            ref readonly WalBlock block = ref record.Block(id);
            if (!block.Exists)
                continue;
            text.Append("\tblkref #"u8).AppendUnsigned((uint)id).Append(": rel "u8).AppendRelation(block.Relation)
                .Append(" fork "u8).AppendFork(block.Fork).Append(" blk "u8).AppendUnsigned(block.Number);
            if (block.HasImage)
                AppendImage(block.Image, record.Major, text);
            text.Append((byte)'\n');
        }
    }

    private static void AppendImage(in WalBlockImage image, PostgresMajor major, WalText text)
    {
        text.Append(image.Apply ? " (FPW); hole: offset: "u8 : " (FPW for WAL verification); hole: offset: "u8).AppendUnsigned(image.HoleOffset)
            .Append(", length: "u8).AppendUnsigned(image.HoleLength);
        if (image.Compression == WalImageCompression.None)
            return;
        uint saved = unchecked((uint)(WalFormat.PageSize - image.HoleLength - image.Length)); // %u, even when compression made it longer
        text.Append(", compression saved: "u8).AppendUnsigned(saved);
        if (major.Number < 15)
            return; // there was pglz alone
        text.Append(", method: "u8).Append(image.Compression switch
        {
            WalImageCompression.Pglz => "pglz"u8,
            WalImageCompression.Lz4 => "lz4"u8,
            _ => "zstd"u8,
        });
    }
}
