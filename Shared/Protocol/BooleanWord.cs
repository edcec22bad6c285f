namespace Pgrepl.Shared.Protocol;

/// <summary>PostgreSQL's words for a boolean: any unambiguous beginning of true, false, yes, no, on, off, and 1, 0; case does not matter.</summary>
/// <remarks>Source of truth: parse_bool_with_len, PostgreSQL 15, src/backend/utils/adt/bool.c.</remarks>
public static class BooleanWord
{
    public static bool TryParse(ReadOnlySpan<char> text, out bool value)
    {
        value = false;
        if (text.IsEmpty)
            return false;
        if (Begins("true", text, 1) || Begins("yes", text, 1) || Begins("on", text, 2) || text is "1")
            return value = true;
        return Begins("false", text, 1) || Begins("no", text, 1) || Begins("off", text, 2) || text is "0";
    }

    private static bool Begins(string word, ReadOnlySpan<char> text, int atLeast) =>
        text.Length >= atLeast && word.AsSpan().StartsWith(text, StringComparison.OrdinalIgnoreCase);
}
