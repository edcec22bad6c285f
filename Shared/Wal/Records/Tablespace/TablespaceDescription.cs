namespace Pgrepl.Wal;

/// <summary>tblspc_identify and tblspc_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/tblspcdesc.c.</remarks>
internal static class TablespaceDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        TablespaceInfo.Create => "CREATE"u8,
        TablespaceInfo.Drop => "DROP"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        switch (record.Header.Operation)
        {
            case TablespaceInfo.Create when TablespaceCreate.TryRead(record.MainData, out TablespaceCreate create):
                text.AppendUnsigned(create.Tablespace).Append(" \""u8).Append(create.Location).Append((byte)'"');
                return true;
            case TablespaceInfo.Drop when TablespaceDrop.TryRead(record.MainData, out TablespaceDrop drop):
                text.AppendUnsigned(drop.Tablespace);
                return true;
            default:
                return record.Header.Operation is not (TablespaceInfo.Create or TablespaceInfo.Drop);
        }
    }
}
