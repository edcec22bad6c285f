using System.Buffers.Text;

namespace Pgrepl.Wal;

/// <summary>Takes one line of a history file apart as sscanf with <c>%u\t%X/%X</c> does; a number that does not fit 32 bits is refused.</summary>
internal ref struct TimelineHistoryScanner(ReadOnlySpan<byte> line)
{
    private ReadOnlySpan<byte> _rest = line;

    internal bool IsBlankOrComment
    {
        get
        {
            SkipSpace();
            return _rest.IsEmpty || _rest[0] == '#';
        }
    }

    internal bool TryTimeline(out uint timeline)
    {
        SkipSpace();
        if (_rest.StartsWith("+"u8))
            _rest = _rest[1..];
        bool good = Utf8Parser.TryParse(_rest, out timeline, out int used);
        _rest = _rest[used..];
        return good;
    }

    internal bool TryPosition(out Lsn position)
    {
        position = default;
        if (!TryHalf(out uint high) || !_rest.StartsWith("/"u8))
            return false;
        _rest = _rest[1..];
        if (!TryHalf(out uint low))
            return false;
        position = new Lsn((ulong)high << 32 | low);
        return true;
    }

    private bool TryHalf(out uint half)
    {
        SkipSpace();
        if (_rest.StartsWith("0x"u8) || _rest.StartsWith("0X"u8))
            _rest = _rest[2..];
        bool good = Utf8Parser.TryParse(_rest, out half, out int used, 'X');
        _rest = _rest[used..];
        return good;
    }

    private void SkipSpace() => _rest = _rest.TrimStart(" \t\n\v\f\r"u8);
}
