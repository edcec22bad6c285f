using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>How to freeze a group of tuples.</summary>
/// <param name="Infomask2">t_infomask2 from now on; the other one is t_infomask.</param>
/// <param name="Flags">XLH_FREEZE_XVAC, XLH_INVALID_XVAC.</param>
/// <param name="Tuples">So many offsets are of this plan.</param>
/// <remarks>Source of truth: xl_heap_freeze_plan, PostgreSQL 16, xlhp_freeze_plan, 17 and 18, src/include/access/heapam_xlog.h: 4, 2, 2, 1, 1 of padding, 2 bytes in this order.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct HeapFreezePlan(uint Xmax, ushort Infomask2, ushort Infomask, byte Flags, ushort Tuples);

/// <summary>What happens to the line pointers of a heap page: data of block 0 of PRUNE and FREEZE_PAGE of 16, and of the one record of 17 and later. Spans point into the record.</summary>
/// <remarks>Source of truth: PostgreSQL 16 and 17, src/include/access/heapam_xlog.h, src/backend/access/rmgrdesc/heapdesc.c.
/// <code>
/// PRUNE        4 each (from, to): redirected · 2 each: dead · 2 each, as far as there are: unused
/// FREEZE_PAGE  12 each: plans · 2 each: offsets of the plans' tuples, plan by plan
/// from 17 on, as far as the flags say that it is there:
///   2 count, 2 padding, 12 each: plans · 2 count, 4 each (from, to): redirected · 2 count, 2 each: dead · the same: unused · 2 each: offsets of the plans' tuples
/// </code></remarks>
public readonly ref struct HeapPageItems
{
    public ReadOnlySpan<HeapFreezePlan> Plans { get; private init; }

    /// <summary>OffsetNumbers of the plans' tuples, plan by plan.</summary>
    public ReadOnlySpan<ushort> PlanOffsets { get; private init; }

    /// <summary>OffsetNumbers in pairs: from, to.</summary>
    public ReadOnlySpan<ushort> Redirected { get; private init; }

    /// <summary>OffsetNumbers.</summary>
    public ReadOnlySpan<ushort> Dead { get; private init; }

    /// <summary>OffsetNumbers.</summary>
    public ReadOnlySpan<ushort> Unused { get; private init; }

    /// <param name="prune">Of 16 or earlier: the same bytes in all of them.</param>
    /// <param name="blockData">Of block 0.</param>
    /// <param name="items">What it says.</param>
    /// <returns>False: too short.</returns>
    public static bool TryRead(in HeapPrune prune, ReadOnlySpan<byte> blockData, out HeapPageItems items)
    {
        var fields = new RecordCursor(blockData);
        ReadOnlySpan<ushort> redirected = fields.Items<ushort>(2 * prune.Redirected), dead = fields.Items<ushort>(prune.Dead);
        items = new() { Redirected = redirected, Dead = dead, Unused = fields.Items<ushort>(fields.Rest.Length / sizeof(ushort)) };
        return fields.Whole;
    }

    /// <param name="freeze">Of 16.</param>
    /// <param name="blockData">Of block 0.</param>
    /// <param name="items">What it says.</param>
    /// <returns>False: too short.</returns>
    public static bool TryRead(in HeapFreezePage freeze, ReadOnlySpan<byte> blockData, out HeapPageItems items)
    {
        var fields = new RecordCursor(blockData);
        ReadOnlySpan<HeapFreezePlan> plans = fields.Items<HeapFreezePlan>(freeze.Plans);
        items = new() { Plans = plans, PlanOffsets = fields.Items<ushort>(Tuples(plans)) };
        return fields.Whole;
    }

    /// <param name="prune">Of 17 or later.</param>
    /// <param name="blockData">Of block 0.</param>
    /// <param name="items">What it says.</param>
    /// <returns>False: too short.</returns>
    public static bool TryRead(in HeapPruneFreeze prune, ReadOnlySpan<byte> blockData, out HeapPageItems items)
    {
        var fields = new RecordCursor(blockData);
        ReadOnlySpan<HeapFreezePlan> plans = default;
        if (prune.Flags.HasFlag(HeapPruneFlags.HasFreezePlans))
        {
            int count = fields.UInt16();
            fields.Skip(2);
            plans = fields.Items<HeapFreezePlan>(count);
        }
        items = new()
        {
            Plans = plans,
            Redirected = prune.Flags.HasFlag(HeapPruneFlags.HasRedirections) ? fields.Items<ushort>(2 * fields.UInt16()) : default,
            Dead = prune.Flags.HasFlag(HeapPruneFlags.HasDead) ? fields.Items<ushort>(fields.UInt16()) : default,
            Unused = prune.Flags.HasFlag(HeapPruneFlags.HasUnused) ? fields.Items<ushort>(fields.UInt16()) : default,
            PlanOffsets = fields.Items<ushort>(Tuples(plans)),
        };
        return fields.Whole;
    }

    private static int Tuples(ReadOnlySpan<HeapFreezePlan> plans)
    {
        int tuples = 0;
        foreach (ref readonly HeapFreezePlan plan in plans)
            tuples += plan.Tuples;
        return tuples;
    }
}
