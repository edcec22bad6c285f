using System.Buffers.Binary;
using System.Text;


namespace Pgrepl.Shared.Protocol;

/// <summary>A growing, reusable row of bytes: written at the end, taken from the front. Integers are big-endian, as on the wire.</summary>
/// <remarks>No allocation in steady state; a buffer that had to grow past <see cref="KeepBytes"/> is let go when it runs empty.</remarks>
public sealed class ByteBuffer(int initialBytes = ByteBuffer.InitialBytes)
{
    private const int InitialBytes = 8192;
    private const int KeepBytes = 1024 * 1024;

    private byte[] _data = new byte[initialBytes];
    private int _start;
    private int _end;

    /// <summary>Bytes it may hold.</summary>
    public int Limit { get; set; } = Array.MaxLength;

    public int Length => _end - _start;
    public ReadOnlyMemory<byte> Memory => _data.AsMemory(_start, Length);
    public ReadOnlySpan<byte> Span => _data.AsSpan(_start, Length);

    /// <summary>Takes <paramref name="count"/> bytes off the front.</summary>
    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        _start += count;
        if (_start != _end)
            return;
        _start = _end = 0;
        if (_data.Length > KeepBytes)
            _data = new byte[initialBytes];
    }

    /// <summary>Cuts the end off, down to <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        _end = _start + length;
    }

    public void Clear() => Consume(Length);

    /// <summary>Room for at least <paramref name="count"/> bytes at the end; make them count with <see cref="Advance"/>.</summary>
    /// <exception cref="PgException">54000: more than the limit would be pending.</exception>
    public Span<byte> GetSpan(int count)
    {
        if (_data.Length - _end < count)
            MakeRoom(count);
        return _data.AsSpan(_end);
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_data.Length - _end));
        _end += count;
    }

    public void WriteByte(byte value)
    {
        GetSpan(1)[0] = value;
        _end++;
    }

    public void WriteInt16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(GetSpan(2), value);
        _end += 2;
    }

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(GetSpan(4), value);
        _end += 4;
    }

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(GetSpan(8), value);
        _end += 8;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _end += bytes.Length;
    }

    /// <summary>The text in UTF-8, without a closing NUL.</summary>
    public void WriteText(ReadOnlySpan<char> text)
    {
        Span<byte> room = GetSpan(Encoding.UTF8.GetByteCount(text));
        _end += Encoding.UTF8.GetBytes(text, room);
    }

    /// <summary>A value in its invariant text form.</summary>
    public void WriteFormatted<T>(T value, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        int size = 40;
        int written;
        while (!value.TryFormat(GetSpan(size), out written, format, System.Globalization.CultureInfo.InvariantCulture))
            size *= 2;
        _end += written;
    }

    /// <summary>A string and its NUL. A NUL inside would end it early for the reader, so it ends here too.</summary>
    public void WriteCString(string text)
    {
        int nul = text.IndexOf('\0', StringComparison.Ordinal);
        WriteText(nul < 0 ? text : text.AsSpan(0, nul));
        WriteByte(0);
    }

    /// <summary>Overwrites four bytes that were written before, counted from the front.</summary>
    public void PatchInt32(int offset, int value) => BinaryPrimitives.WriteInt32BigEndian(_data.AsSpan(_start, Length).Slice(offset, 4), value);

    private void MakeRoom(int count)
    {
        long needed = (long)Length + count;
        if (needed > Limit)
            throw new PgException(SqlStates.ProgramLimitExceeded, $"result exceeds the limit of {Limit} bytes");
        byte[] target = needed * 2 <= _data.Length ? _data : new byte[(int)Math.Min(Limit, Math.Max(needed, _data.Length * 2L))];
        int length = Length;
        _data.AsSpan(_start, length).CopyTo(target);
        _data = target;
        _start = 0;
        _end = length;
    }
}
