namespace Pgrepl.Wal;

/// <summary>What a generic record overwrites on one page: the data of a block reference, one piece after the other.</summary>
/// <remarks>Points into the record. <see cref="Offset"/> and <see cref="Bytes"/> speak of the piece that <see cref="Next"/> went to.
/// Source of truth: PostgreSQL 15, src/backend/access/transam/generic_xlog.c: of each piece 2 bytes offset on the page, 2 bytes length, the bytes.</remarks>
public ref struct GenericDeltas(ReadOnlySpan<byte> blockData)
{
    private const int HeaderSize = 4;

    private ReadOnlySpan<byte> _rest = blockData;

    /// <summary>Where the piece goes on the page.</summary>
    public ushort Offset { get; private set; }

    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Nothing follows the piece.</summary>
    public readonly bool IsLast => _rest.IsEmpty;

    /// <summary>True: the data end in the middle of a piece; <see cref="Next"/> has said that there is none.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>Goes to the next piece.</summary>
    /// <returns>False: there is none, or not all of it.</returns>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        int length = _rest.Length < HeaderSize ? 0 : _rest.UInt16At(2);
        if (_rest.Length < HeaderSize + length)
        {
            IsCutShort = true;
            _rest = default;
            return false;
        }
        Offset = _rest.UInt16At(0);
        Bytes = _rest.Slice(HeaderSize, length);
        _rest = _rest[(HeaderSize + length)..];
        return true;
    }
}
