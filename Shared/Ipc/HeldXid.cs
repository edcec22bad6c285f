using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>An xmin of a replication slot: 64 bits, or the 32 of its file, whose epoch nobody has told yet. 0: none.</summary>
/// <param name="Bits">Bit 63: the epoch is not known.</param>
public readonly record struct HeldXid(ulong Bits)
{
    private const ulong EpochUnknown = 1UL << 63;

    /// <summary>As a slot's file has it.</summary>
    public uint Xid => (uint)Bits;

    public bool IsNone => Bits == 0;
    public bool IsFull => (Bits & EpochUnknown) == 0;

    public static HeldXid FromFile(uint xid) => new(xid == 0 ? 0 : EpochUnknown | xid);

    /// <summary>All 64 bits, by an id that is not further away than half of all ids.</summary>
    public ulong Full(ulong known) => IsFull ? Bits : FullXid.Nearest(Xid, known);

    /// <summary>What a slot holds after its standby has spoken: it goes forward, away, or comes new, but not back.</summary>
    /// <param name="feedback">64 bits; 0: none.</param>
    /// <remarks>Source of truth: PhysicalReplicationSlotNewXmin, PostgreSQL 15, src/backend/replication/walsender.c.</remarks>
    public HeldXid After(ulong feedback) => IsNone || feedback == 0 ? new(feedback) : new(Math.Max(Full(feedback), feedback));
}
