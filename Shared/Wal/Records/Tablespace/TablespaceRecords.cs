namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Tablespace"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 15, src/include/commands/tablespace.h.</remarks>
public static class TablespaceInfo
{
    public const byte Create = 0x00;
    public const byte Drop = 0x10;
}

/// <summary>CREATE: 4 bytes OID, then where it lies, ended by a zero.</summary>
/// <remarks>xl_tblspc_create_rec.</remarks>
public readonly ref struct TablespaceCreate
{
    public uint Tablespace { get; private init; }

    /// <summary>Without its zero.</summary>
    public ReadOnlySpan<byte> Location { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out TablespaceCreate record)
    {
        var fields = new RecordCursor(mainData);
        uint tablespace = fields.UInt32();
        record = new() { Tablespace = tablespace, Location = fields.UpToZero() };
        return fields.Whole;
    }
}

/// <summary>DROP.</summary>
/// <remarks>xl_tblspc_drop_rec: 4 bytes.</remarks>
public readonly record struct TablespaceDrop(uint Tablespace)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out TablespaceDrop record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32());
        return fields.Whole;
    }
}
