namespace Pgrepl.Wal;

/// <summary>UPDATE of a pg_filenode.map, the one operation of <see cref="ResourceManagerId.RelationMap"/>.</summary>
/// <remarks>Source of truth: xl_relmap_update, PostgreSQL 15, src/include/utils/relmapper.h: 4 database, 4 tablespace, 4 size, then the file.</remarks>
public readonly ref struct RelationMapUpdate
{
    /// <summary>XLOG_RELMAP_UPDATE.</summary>
    public const byte Operation = 0x00;

    /// <summary>0: the map of the shared catalogues.</summary>
    public uint Database { get; private init; }

    public uint Tablespace { get; private init; }

    public ReadOnlySpan<byte> Map { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out RelationMapUpdate record)
    {
        var fields = new RecordCursor(mainData);
        (uint database, uint tablespace) = (fields.UInt32(), fields.UInt32());
        record = new() { Database = database, Tablespace = tablespace, Map = fields.Bytes(fields.Int32()) };
        return fields.Whole;
    }
}
