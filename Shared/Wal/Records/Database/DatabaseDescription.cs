namespace Pgrepl.Wal;

/// <summary>dbase_identify and dbase_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 13 to 18, src/backend/access/rmgrdesc/dbasedesc.c.</remarks>
internal static class DatabaseDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info, PostgresMajor major) => DatabaseInfo.Of(info, major) switch
    {
        DatabaseInfo.CreateFileCopy => major.Number >= 15 ? "CREATE_FILE_COPY"u8 : "CREATE"u8,
        DatabaseInfo.CreateWalLog => "CREATE_WAL_LOG"u8,
        DatabaseInfo.Drop => "DROP"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        byte operation = DatabaseInfo.Of(record.Header.Info, record.Major);
        switch (operation)
        {
            case DatabaseInfo.CreateFileCopy when DatabaseCreateFileCopy.TryRead(record.MainData, out DatabaseCreateFileCopy copy):
                Directory("copy dir "u8, copy.SourceTablespace, copy.SourceDatabase, text);
                Directory(" to "u8, copy.Tablespace, copy.Database, text);
                return true;
            case DatabaseInfo.CreateWalLog when DatabaseCreateWalLog.TryRead(record.MainData, out DatabaseCreateWalLog create):
                Directory("create dir "u8, create.Tablespace, create.Database, text);
                return true;
            case DatabaseInfo.Drop when DatabaseDrop.TryRead(record.MainData, out DatabaseDrop drop):
                text.Append("dir"u8);
                foreach (uint tablespace in drop.Tablespaces)
                    Directory(" "u8, tablespace, drop.Database, text);
                return true;
            default:
                return operation is not (DatabaseInfo.CreateFileCopy or DatabaseInfo.CreateWalLog or DatabaseInfo.Drop);
        }
    }

    private static void Directory(ReadOnlySpan<byte> label, uint tablespace, uint database, WalText text) =>
        text.Append(label).AppendUnsigned(tablespace).Append((byte)'/').AppendUnsigned(database);
}
