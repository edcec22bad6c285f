using System.Text;

namespace Pgrepl.WalSender.Sql;

/// <summary>Names and keywords.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/parser/kwlist.h and src/backend/parser/scansup.c.</remarks>
internal static class SqlNames
{
    /// <summary>NAMEDATALEN - 1, bytes.</summary>
    private const int MaxBytes = 63;

    /// <summary>RESERVED_KEYWORD and TYPE_FUNC_NAME_KEYWORD: cannot name a column.</summary>
    private static readonly HashSet<string> Reserved =
        ("all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date current_role "
        + "current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from grant group having in "
        + "initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning select "
        + "session_user some symmetric table then to trailing true union unique user using variadic when where window with "
        + "authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like natural notnull outer overlaps right "
        + "similar tablesample verbose").Split(' ').ToHashSet();

    /// <summary>Words that may stand as a column's label only behind AS.</summary>
    private static readonly HashSet<string> NeedsAs =
        ("array as char character create day except fetch filter for from grant group having hour intersect into isnull limit minute month notnull offset on order over "
        + "overlaps precision returning second to union varying where window with within without year").Split(' ').ToHashSet();

    /// <summary>TYPE_FUNC_NAME_KEYWORDs are reserved for columns but may name a function.</summary>
    private static readonly HashSet<string> FunctionNames =
        ("authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like natural notnull outer overlaps right "
        + "similar tablesample verbose").Split(' ').ToHashSet();

    public static bool IsReserved(string word) => Reserved.Contains(word);

    public static bool MayNameFunction(string word) => !Reserved.Contains(word) || FunctionNames.Contains(word);

    public static bool IsBareLabel(string word) => !NeedsAs.Contains(word);

    /// <summary>ASCII letters in lower case, cut to 63 bytes.</summary>
    public static string Fold(ReadOnlySpan<char> word)
    {
        Span<char> folded = word.Length <= 256 ? stackalloc char[word.Length] : new char[word.Length];
        for (int i = 0; i < word.Length; i++)
            folded[i] = char.IsAsciiLetterUpper(word[i]) ? (char)(word[i] | 0x20) : word[i];
        return Cut(folded.ToString());
    }

    public static string Cut(string name)
    {
        if (name.Length * 3 <= MaxBytes || Encoding.UTF8.GetByteCount(name) <= MaxBytes)
            return name;
        int length = Math.Min(name.Length, MaxBytes);
        while (Encoding.UTF8.GetByteCount(name.AsSpan(0, length)) > MaxBytes || char.IsHighSurrogate(name[length - 1]))
            length--;
        return name[..length];
    }
}
