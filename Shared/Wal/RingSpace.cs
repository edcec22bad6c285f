namespace Pgrepl.Wal;

/// <summary>Gives pieces of a ring, each in one stretch, and takes them back in the same order; it holds nothing itself.</summary>
/// <remarks>Source of truth: decode_buffer_head and decode_buffer_tail, XLogReadRecordAlloc, PostgreSQL 15, src/backend/access/transam/xlogreader.c.</remarks>
internal struct RingSpace(int size)
{
    private int _head; // start of the oldest piece
    private int _tail; // end of the newest; before the head when the newest is at the ring's beginning again

    /// <param name="count">May be 0.</param>
    /// <returns>Where the piece is; -1: it is not free.</returns>
    internal readonly int Find(int count)
    {
        if (_tail < _head)
            return count < _head - _tail ? _tail : -1;
        return count <= size - _tail ? _tail : count < _head ? 0 : -1; // less than: a full ring must not look like an empty one
    }

    /// <summary>The piece that <see cref="Find"/> gave is used.</summary>
    internal void Take(int at, int count) => _tail = at + count;

    /// <summary>The oldest piece is free again.</summary>
    /// <param name="next">Where the one after it is.</param>
    internal void Free(int next) => _head = next;

    /// <summary>All is free.</summary>
    internal void Clear() => _head = _tail = 0;
}
