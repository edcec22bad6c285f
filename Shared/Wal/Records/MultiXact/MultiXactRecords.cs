using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.MultiXact"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 10 to 18, src/include/access/multixact.h. Page numbers have 8 bytes from 17 on, 4 before.</remarks>
public static class MultiXactInfo
{
    public const byte ZeroOffsetsPage = 0x00;
    public const byte ZeroMembersPage = 0x10;
    public const byte CreateId = 0x20;
    public const byte TruncateId = 0x30;
}

/// <summary>MultiXactStatus: what a member does to the row.</summary>
public enum MultiXactStatus
{
    ForKeyShare = 0,
    ForShare = 1,
    ForNoKeyUpdate = 2,
    ForUpdate = 3,
    NoKeyUpdate = 4,
    Update = 5,
}

/// <summary>MultiXactMember.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct MultiXactMember(uint Xid, MultiXactStatus Status);

/// <summary>ZERO_OFF_PAGE and ZERO_MEM_PAGE.</summary>
public readonly record struct MultiXactZeroPage(long Page)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out MultiXactZeroPage record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.PageNumber(major));
        return fields.Whole;
    }
}

/// <summary>CREATE_ID: a new multixact.</summary>
/// <remarks>xl_multixact_create: 4 id, 4 offset, 4 count, 8 each member.</remarks>
public readonly ref struct MultiXactCreate
{
    public uint Multi { get; private init; }

    /// <summary>Where its members begin.</summary>
    public uint Offset { get; private init; }

    public ReadOnlySpan<MultiXactMember> Members { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out MultiXactCreate record)
    {
        var fields = new RecordCursor(mainData);
        (uint multi, uint offset) = (fields.UInt32(), fields.UInt32());
        record = new() { Multi = multi, Offset = offset, Members = fields.Items<MultiXactMember>(fields.Int32()) };
        return fields.Whole;
    }
}

/// <summary>TRUNCATE_ID: ranges that go, each from and up to before.</summary>
/// <remarks>xl_multixact_truncate: five times 4 bytes in this order.</remarks>
public readonly record struct MultiXactTruncate(uint OldestMultiDatabase, uint StartMulti, uint EndMulti, uint StartMember, uint EndMember)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out MultiXactTruncate record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}
