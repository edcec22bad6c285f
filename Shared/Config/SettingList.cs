using System.Text;

namespace Pgrepl.Shared.Config;

/// <summary>Text that holds several items: separated, blanks around them dropped, double quotes around an item that holds a separator or blanks at its ends.</summary>
/// <remarks>Source of truth: SplitDirectoriesString, PostgreSQL 15, src/backend/utils/adt/varlena.c.</remarks>
internal static class SettingList
{
    /// <returns><see langword="null"/>: an empty item, an open quote, or text after a closing one.</returns>
    public static string[]? TrySplit(string text, char separator)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        int at = SkipSpace(text, 0);
        if (at == text.Length)
            return [];
        for (; ; )
        {
            item.Clear();
            if (text[at] == '"')
            {
                for (at++; ; at++)
                {
                    if (at == text.Length)
                        return null;
                    if (text[at] == '"' && (++at == text.Length || text[at] != '"'))
                        break;
                    item.Append(text[at]);
                }
            }
            else
            {
                while (at < text.Length && text[at] != separator)
                    item.Append(text[at++]);
                while (item.Length > 0 && IsSpace(item[^1]))
                    item.Length--;
                if (item.Length == 0)
                    return null;
            }
            items.Add(item.ToString());
            at = SkipSpace(text, at);
            if (at == text.Length)
                return [.. items];
            if (text[at] != separator)
                return null;
            at = SkipSpace(text, at + 1);
            if (at == text.Length)
                return null;
        }
    }

    /// <summary>Text that <see cref="TrySplit"/> takes apart again.</summary>
    public static string Join(IEnumerable<string> items, char separator) =>
        string.Join(separator == ',' ? ", " : separator.ToString(), items.Select(item =>
            item.Length == 0 || item.Contains(separator) || item[0] == '"' || IsSpace(item[0]) || IsSpace(item[^1]) ? $"\"{item.Replace("\"", "\"\"")}\"" : item));

    private static int SkipSpace(string text, int at)
    {
        while (at < text.Length && IsSpace(text[at]))
            at++;
        return at;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v';
}
