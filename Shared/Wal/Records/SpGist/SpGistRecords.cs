namespace Pgrepl.Wal;

/// <summary>ADD_LEAF; the leaf tuple follows. Block 0: the leaf's page; 1: the parent's, if the downlink changes.</summary>
/// <param name="NewPage">Block 0 is made anew.</param>
/// <param name="StoresNulls">It is in the tree of nulls.</param>
/// <param name="Offset">OffsetNumber of the leaf tuple.</param>
/// <param name="HeadOffset">Of the head of its chain; 0: it is the head.</param>
/// <param name="ParentOffset">Of the inner tuple whose downlink changes; 0: none.</param>
/// <param name="Node">Which of its nodes, from 0.</param>
/// <remarks>Source of truth: spgxlogAddLeaf, PostgreSQL 15, src/include/access/spgxlog.h: 1, 1, 2, 2, 2 and 2 bytes in this order.</remarks>
public readonly record struct SpGistAddLeaf(bool NewPage, bool StoresNulls, ushort Offset, ushort HeadOffset, ushort ParentOffset, ushort Node)
{
    /// <summary>Bytes before the tuple.</summary>
    public const int Size = 10;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistAddLeaf record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.BoolAt(0), mainData.BoolAt(1), mainData.UInt16At(2), mainData.UInt16At(4), mainData.UInt16At(6), mainData.UInt16At(8)) : default;
        return whole;
    }
}

/// <summary>MOVE_LEAFS: a chain moves to a page that has room. Block 0: the page that they leave; 1: the other; 2: the parent's.
/// Follow: offsets that go (2 bytes each), offsets that come (2 bytes each), leaf tuples; of the latter one more than moved, the new one, and with ReplacesDead it alone.</summary>
/// <param name="Moves">Tuples that move.</param>
/// <param name="NewPage">Block 1 is made anew.</param>
/// <param name="ReplacesDead">All that the chain held is a dead tuple.</param>
/// <param name="StoresNulls">They are in the tree of nulls.</param>
/// <param name="ParentOffset">OffsetNumber of the inner tuple whose downlink changes.</param>
/// <param name="Node">Which of its nodes, from 0.</param>
/// <param name="Source">Who writes.</param>
/// <remarks>Source of truth: spgxlogMoveLeafs, PostgreSQL 15, src/include/access/spgxlog.h.
/// <code>
/// offset  size  field
///      0     2  Moves
///      2     1  NewPage
///      3     1  ReplacesDead
///      4     1  StoresNulls   then 1 byte of padding
///      6     2  ParentOffset
///      8     2  Node          then 2 bytes of padding
///     12     8  Source
/// </code></remarks>
public readonly record struct SpGistMoveLeafs(ushort Moves, bool NewPage, bool ReplacesDead, bool StoresNulls, ushort ParentOffset, ushort Node, SpGistState Source)
{
    /// <summary>SizeOfSpgxlogMoveLeafs, bytes.</summary>
    public const int Size = 20;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistMoveLeafs record)
    {
        bool whole = mainData.Length >= Size;
        record = whole
            ? new(mainData.UInt16At(0), mainData.BoolAt(2), mainData.BoolAt(3), mainData.BoolAt(4), mainData.UInt16At(6), mainData.UInt16At(8), SpGistState.Read(mainData[12..]))
            : default;
        return whole;
    }
}

/// <summary>ADD_NODE to an inner tuple, which follows as it is then. Block 0: the page where it was; 1: the one where it is, if another; 2: the parent's, if it is neither and changes.</summary>
/// <param name="Offset">OffsetNumber on block 0.</param>
/// <param name="NewOffset">OffsetNumber on block 1; 0: it stays where it is.</param>
/// <param name="NewPage">Block 1 is made anew.</param>
/// <param name="ParentBlock">Which block holds the parent: 0, 1, 2; -1: its downlink stays.</param>
/// <param name="ParentOffset">OffsetNumber of the parent.</param>
/// <param name="Node">Which of its nodes, from 0.</param>
/// <param name="Source">Who writes.</param>
/// <remarks>Source of truth: spgxlogAddNode, PostgreSQL 15, src/include/access/spgxlog.h.
/// <code>
/// offset  size  field
///      0     2  Offset
///      2     2  NewOffset
///      4     1  NewPage
///      5     1  ParentBlock
///      6     2  ParentOffset
///      8     2  Node  then 2 bytes of padding
///     12     8  Source
/// </code></remarks>
public readonly record struct SpGistAddNode(ushort Offset, ushort NewOffset, bool NewPage, sbyte ParentBlock, ushort ParentOffset, ushort Node, SpGistState Source)
{
    /// <summary>Bytes before the tuple.</summary>
    public const int Size = 20;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistAddNode record)
    {
        bool whole = mainData.Length >= Size;
        record = whole
            ? new(mainData.UInt16At(0), mainData.UInt16At(2), mainData.BoolAt(4), (sbyte)mainData[5], mainData.UInt16At(6), mainData.UInt16At(8), SpGistState.Read(mainData[12..]))
            : default;
        return whole;
    }
}

/// <summary>SPLIT_TUPLE of an inner tuple into two, the upper (prefix) and the lower (postfix), which follow in this order. Block 0: the upper one's page; 1: the lower one's, if another.</summary>
/// <param name="PrefixOffset">OffsetNumber.</param>
/// <param name="PostfixOffset">OffsetNumber.</param>
/// <param name="NewPage">Block 1 is made anew.</param>
/// <param name="SamePage">Both are on block 0.</param>
/// <remarks>Source of truth: spgxlogSplitTuple, PostgreSQL 15, src/include/access/spgxlog.h: 2, 2, 1 and 1 bytes in this order.</remarks>
public readonly record struct SpGistSplitTuple(ushort PrefixOffset, ushort PostfixOffset, bool NewPage, bool SamePage)
{
    /// <summary>Bytes before the tuples.</summary>
    public const int Size = 6;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistSplitTuple record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt16At(2), mainData.BoolAt(4), mainData.BoolAt(5)) : default;
        return whole;
    }
}

/// <summary>PICKSPLIT: leaf tuples are dealt to two pages below a new inner tuple. Block 0: the page that they leave, unless it is the root; 1: the other, if it is used; 2: the inner tuple's;
/// 3: the parent's, if another. Follow: offsets that go (2 bytes each), offsets that come (2 bytes each), for each of these a byte (0: block 0, 1: block 1), the inner tuple, the leaf tuples.</summary>
/// <param name="IsRootSplit">The leaf that was split was the root.</param>
/// <param name="Deletes">Offsets that go.</param>
/// <param name="Inserts">Offsets that come.</param>
/// <param name="InitSource">Block 0 is made anew.</param>
/// <param name="InitDestination">Block 1 is made anew.</param>
/// <param name="InnerOffset">OffsetNumber of the inner tuple.</param>
/// <param name="InitInner">Block 2 is made anew.</param>
/// <param name="StoresNulls">They are in the tree of nulls.</param>
/// <param name="InnerIsParent">The parent is on block 2.</param>
/// <param name="ParentOffset">OffsetNumber of the parent; 0: none.</param>
/// <param name="Node">Which of its nodes, from 0.</param>
/// <param name="Source">Who writes.</param>
/// <remarks>Source of truth: spgxlogPickSplit, PostgreSQL 15, src/include/access/spgxlog.h.
/// <code>
/// offset  size  field
///      0     1  IsRootSplit    then 1 byte of padding
///      2     2  Deletes
///      4     2  Inserts
///      6     1  InitSource
///      7     1  InitDestination
///      8     2  InnerOffset
///     10     1  InitInner
///     11     1  StoresNulls
///     12     1  InnerIsParent  then 1 byte of padding
///     14     2  ParentOffset
///     16     2  Node           then 2 bytes of padding
///     20     8  Source
/// </code></remarks>
public readonly record struct SpGistPickSplit(
    bool IsRootSplit, ushort Deletes, ushort Inserts, bool InitSource, bool InitDestination, ushort InnerOffset, bool InitInner, bool StoresNulls, bool InnerIsParent,
    ushort ParentOffset, ushort Node, SpGistState Source)
{
    /// <summary>SizeOfSpgxlogPickSplit, bytes.</summary>
    public const int Size = 28;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistPickSplit record)
    {
        bool whole = mainData.Length >= Size;
        record = whole
            ? new(
                mainData.BoolAt(0), mainData.UInt16At(2), mainData.UInt16At(4), mainData.BoolAt(6), mainData.BoolAt(7), mainData.UInt16At(8), mainData.BoolAt(10), mainData.BoolAt(11),
                mainData.BoolAt(12), mainData.UInt16At(14), mainData.UInt16At(16), SpGistState.Read(mainData[20..]))
            : default;
        return whole;
    }
}
