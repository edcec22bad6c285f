using System.Globalization;

namespace Pgrepl.Shared.Config.Toml;

/// <summary>The four kinds of date and time.</summary>
/// <remarks>Source of truth: RFC 3339, section 5.6; years from 0001, and second 60 for a leap second.</remarks>
internal static class TomlDateTimes
{
    private const int DateLength = 10; // 1979-05-27
    private const int TimeLength = 8;  // 07:32:00

    /// <returns><see langword="null"/>: none of the four.</returns>
    public static TomlDateTime? Read(string word, TomlPosition at)
    {
        TomlDateTime Made(TomlDateTimeKind kind) => new(at, kind, word.ToUpperInvariant().Replace(' ', 'T'));

        ReadOnlySpan<char> rest = word;
        bool hasDate = rest.Length >= DateLength && IsDate(rest[..DateLength]);
        if (hasDate)
        {
            rest = rest[DateLength..];
            if (rest.IsEmpty)
                return Made(TomlDateTimeKind.LocalDate);
            if (rest[0] is not ('T' or 't' or ' '))
                return null;
            rest = rest[1..];
        }
        if (!TrySkipTime(ref rest))
            return null;
        if (rest.IsEmpty)
            return Made(hasDate ? TomlDateTimeKind.LocalDateTime : TomlDateTimeKind.LocalTime);
        return hasDate && IsOffset(rest) ? Made(TomlDateTimeKind.OffsetDateTime) : null;
    }

    public static bool IsDate(ReadOnlySpan<char> text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool TrySkipTime(ref ReadOnlySpan<char> rest)
    {
        if (rest.Length < TimeLength || !IsTwoDigits(rest, 0, 23) || rest[2] != ':' || !IsTwoDigits(rest, 3, 59) || rest[5] != ':' || !IsTwoDigits(rest, 6, 60))
            return false;
        rest = rest[TimeLength..];
        if (rest.IsEmpty || rest[0] != '.')
            return true;
        int end = 1;
        while (end < rest.Length && char.IsAsciiDigit(rest[end]))
            end++;
        rest = rest[end..];
        return end > 1;
    }

    private static bool IsOffset(ReadOnlySpan<char> text) =>
        text is "Z" or "z" || text.Length == 6 && text[0] is '+' or '-' && IsTwoDigits(text, 1, 23) && text[3] == ':' && IsTwoDigits(text, 4, 59);

    private static bool IsTwoDigits(ReadOnlySpan<char> text, int at, int max) =>
        char.IsAsciiDigit(text[at]) && char.IsAsciiDigit(text[at + 1]) && (text[at] - '0') * 10 + text[at + 1] - '0' <= max;
}
