namespace Pgrepl.Wal;

/// <summary>PostgreSQL's own compression.</summary>
/// <remarks>Source of truth: src/common/pg_lzcompress.c, PostgreSQL 15.
/// <code>
/// a control byte, then eight items, its lowest bit for the first:
/// 0  one literal byte
/// 1  two bytes, a copy of what was written before: 4 bits offset's upper part, 4 bits length less 3, 8 bits offset's lower part;
///    a length of 18 has a third byte, which is added to it
/// </code>
/// A copy may reach into what it writes itself, and one that is longer than the page needs ends with the page.</remarks>
internal static class Pglz
{
    private const int LongMatch = 18;

    /// <returns>False: not pglz, or not of exactly <paramref name="target"/>'s length.</returns>
    internal static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int from = 0, to = 0;
        while (from < source.Length && to < target.Length)
        {
            int control = source[from++];
            for (int item = 0; item < 8 && from < source.Length && to < target.Length; item++, control >>= 1)
                if ((control & 1) == 0)
                    target[to++] = source[from++];
                else if (!TryCopy(source, ref from, target, ref to))
                    return false;
        }
        return from == source.Length && to == target.Length;
    }

    private static bool TryCopy(ReadOnlySpan<byte> source, ref int from, Span<byte> target, ref int to)
    {
        if (source.Length - from < 2)
            return false;
        int length = (source[from] & 0x0F) + 3;
        int offset = (source[from] & 0xF0) << 4 | source[from + 1];
        from += 2;
        if (length == LongMatch)
        {
            if (from == source.Length)
                return false;
            length += source[from++];
        }
        if (offset == 0 || offset > to)
            return false;
        int end = to + Math.Min(length, target.Length - to);
        while (to < end)
        {
            // What is written repeats itself every offset bytes, so each round may take all there is by then.
            int part = Math.Min(offset, end - to);
            target.Slice(to - offset, part).CopyTo(target[to..]);
            to += part;
            offset += part;
        }
        return true;
    }
}
