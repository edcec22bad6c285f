namespace Pgrepl.Shared.Config;

/// <summary>Settings that are accepted, kept and shown, and change nothing: the reference page says so.</summary>
public static class SettingEffects
{
    private static readonly Dictionary<string, string> None = new(StringComparer.OrdinalIgnoreCase)
    {
        ["client_encoding"] = "Text is always sent and taken as UTF-8.",
        ["DateStyle"] = "Dates and times are always printed in the ISO style.",
        ["IntervalStyle"] = "Intervals are always printed in the postgres style.",
        ["lock_timeout"] = "There is no lock to wait for.",
        ["search_path"] = "There are no schemas to search.",
        ["session_authorization"] = "A session keeps the user that it connected as.",
        ["standard_conforming_strings"] = "A backslash in '...' is always literal.",
        ["transaction_deferrable"] = "There is nothing to wait for.",
        ["transaction_isolation"] = "There are no versions of rows to keep apart.",
    };

    /// <summary>Why the setting changes nothing; <see langword="null"/>: it acts.</summary>
    public static string? WhyNone(SettingDefinition definition) => None.GetValueOrDefault(definition.Name);

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> Names => None.Keys;
}
