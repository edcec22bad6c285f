namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Database"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 15 to 18, src/include/commands/dbcommands_xlog.h.</remarks>
public static class DatabaseInfo
{
    public const byte CreateFileCopy = 0x00;
    public const byte CreateWalLog = 0x10;
    public const byte Drop = 0x20;

    /// <summary>The operation under its number of 15: before, CREATE, a copy of files, was 0x00 and DROP 0x10.</summary>
    /// <returns><see cref="WalRecordHeader.OperationMask"/>: no operation of that major.</returns>
    public static byte Of(byte info, PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        int operation = info & WalRecordHeader.OperationMask;
        return major.Number >= 15 ? (byte)operation : operation switch { 0x00 => CreateFileCopy, 0x10 => Drop, _ => WalRecordHeader.OperationMask };
    }
}

/// <summary>CREATE_FILE_COPY, CREATE before 15: the files of one tablespace.</summary>
/// <remarks>xl_dbase_create_file_copy_rec: four times 4 bytes in this order.</remarks>
public readonly record struct DatabaseCreateFileCopy(uint Database, uint Tablespace, uint SourceDatabase, uint SourceTablespace)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out DatabaseCreateFileCopy record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>CREATE_WAL_LOG: the directory; the pages follow in records of their own.</summary>
/// <remarks>xl_dbase_create_wal_log_rec: twice 4 bytes in this order.</remarks>
public readonly record struct DatabaseCreateWalLog(uint Database, uint Tablespace)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out DatabaseCreateWalLog record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>DROP of a database's directories.</summary>
/// <remarks>xl_dbase_drop_rec: 4 database, 4 count, 4 each.</remarks>
public readonly ref struct DatabaseDrop
{
    public uint Database { get; private init; }

    public ReadOnlySpan<uint> Tablespaces { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out DatabaseDrop record)
    {
        var fields = new RecordCursor(mainData);
        uint database = fields.UInt32();
        record = new() { Database = database, Tablespaces = fields.Items<uint>(fields.Int32()) };
        return fields.Whole;
    }
}
