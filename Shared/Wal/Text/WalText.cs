using System.Runtime.CompilerServices;
using System.Text;

namespace Pgrepl.Wal;

/// <summary>A growing buffer of text that record descriptions append to: PostgreSQL's StringInfo, and the output of waldump.</summary>
/// <remarks>Bytes, not characters: names of prefixes and restore points are passed on as they stand in the record. The buffer is kept, so that nothing is allocated
/// once it has grown. Every Append returns the text itself. <c>.Numbers</c> has the formats of numbers, <c>.Types</c> those of PostgreSQL's types.</remarks>
public sealed partial class WalText(ILocalTime? localTime = null)
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>Bytes.</summary>
    public int Length => _length;

    /// <summary>As long valid as nothing is appended.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    public override string ToString() => Encoding.UTF8.GetString(Bytes);

    public void Clear() => _length = 0;

    /// <summary>Forgets what was appended after the text had this length.</summary>
    public void Truncate(int length) => _length = Math.Min(_length, length);

    public WalText Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        _length += text.Length;
        return this;
    }

    public WalText Append(byte character)
    {
        Room(1)[0] = character;
        _length++;
        return this;
    }

    /// <summary>%s: what stands before the first zero, everything when there is none.</summary>
    public WalText AppendUpToZero(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return Append(end < 0 ? text : text[..end]);
    }

    /// <summary>What a description says of a record that is shorter than it claims to be; pg_waldump reads on behind its end.</summary>
    public WalText AppendCutShort() => Append("(record is cut short)"u8);

    /// <summary>At least so many bytes behind the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // every piece of every line comes by here
    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - _length < bytes)
            Grow(bytes);
        return _buffer.AsSpan(_length);
    }

    private void Grow(int bytes) => Array.Resize(ref _buffer, Math.Max(checked(_length + bytes), (int)Math.Min(2L * _buffer.Length, Array.MaxLength)));
}
