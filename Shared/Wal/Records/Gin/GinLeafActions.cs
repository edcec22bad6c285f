namespace Pgrepl.Wal;

/// <summary>GIN_SEGMENT_*: what becomes of one posting list of a leaf.</summary>
public enum GinSegmentAction : byte
{
    /// <summary>No record holds it.</summary>
    Unmodified = 0,
    Delete = 1,
    Insert = 2,
    Replace = 3,
    AddItems = 4,
}

/// <summary>What a record does to the posting lists of a leaf of a posting tree, one action after the other: its segments, in their order on the page.</summary>
/// <remarks>Points into the record. <see cref="Action"/> and what follows speak of the action that <see cref="Next"/> went to.
/// Source of truth: ginxlogRecompressDataLeaf, ginxlogSegmentAction, PostgreSQL 15, src/include/access/ginxlog.h; GinPostingList, ginblock.h.
/// <code>
/// offset  size  field
///      0     2  Count
/// then of each action:
///      0     1  Segment  the segment it is about, or the one it comes before
///      1     1  Action
///      2        INSERT, REPLACE: first heap position (6), bytes of the others (2), these, padded to 2. ADDITEMS: how many (2), heap positions of 6 each
/// </code></remarks>
public ref struct GinLeafActions
{
    private const int ItemSize = 6, ListHeaderSize = 8;

    private ReadOnlySpan<byte> _rest;
    private int _left;

    private GinLeafActions(ReadOnlySpan<byte> rest, ushort count)
    {
        _rest = rest;
        _left = Count = count;
    }

    /// <summary>Actions that the record says it has.</summary>
    public int Count { get; }

    public byte Segment { get; private set; }

    public GinSegmentAction Action { get; private set; }

    /// <summary>Of ADDITEMS: heap positions added; else 0.</summary>
    public ushort Items { get; private set; }

    /// <summary>Of INSERT and REPLACE the posting list (GinPostingList), of ADDITEMS the heap positions; else empty.</summary>
    public ReadOnlySpan<byte> Body { get; private set; }

    /// <summary>True: the record ends in the middle of an action; <see cref="Next"/> has said that there is none.</summary>
    public bool IsCutShort { get; private set; }

    /// <returns>False: too short for their number.</returns>
    public static bool TryRead(ReadOnlySpan<byte> blockData, out GinLeafActions actions)
    {
        bool whole = blockData.Length >= 2;
        actions = whole ? new(blockData[2..], blockData.UInt16At(0)) : default;
        return whole;
    }

    /// <summary>Goes to the next action. Behind one that is not known nothing can be found: ask no more.</summary>
    /// <returns>False: there is none, or not all of it.</returns>
    public bool Next()
    {
        if (_left == 0)
            return false;
        _left--;
        if (_rest.Length < 2)
            return Stop();
        (Segment, Action) = (_rest[0], (GinSegmentAction)_rest[1]);
        _rest = _rest[2..];
        Items = 0;
        int size = 0;
        if (Action == GinSegmentAction.AddItems)
        {
            if (_rest.Length < 2)
                return Stop();
            Items = _rest.UInt16At(0);
            _rest = _rest[2..];
            size = Items * ItemSize;
        }
        else if (Action is GinSegmentAction.Insert or GinSegmentAction.Replace)
        {
            if (_rest.Length < ListHeaderSize)
                return Stop();
            size = ListHeaderSize + (_rest.UInt16At(ItemSize) + 1) / 2 * 2;
        }
        if (_rest.Length < size)
            return Stop();
        Body = _rest[..size];
        _rest = _rest[size..];
        return true;
    }

    private bool Stop()
    {
        _left = 0;
        IsCutShort = true;
        return false;
    }
}
