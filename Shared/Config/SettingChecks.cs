using System.Globalization;

namespace Pgrepl.Shared.Config;

/// <summary>What a text setting must satisfy beyond being text.</summary>
/// <remarks>Source of truth: the check hooks of PostgreSQL 15: src/backend/utils/misc/guc.c, src/backend/commands/variable.c, src/backend/replication/{syncrep,slot}.c.</remarks>
internal static class SettingChecks
{
    private const int NameDataLength = 64;

    /// <returns>The canonical text.</returns>
    public static string Apply(SettingDefinition definition, string text)
    {
        if (text.Contains('\0'))
            throw SettingsTable.Invalid(definition, text.Replace('\0', '?'), "A value cannot contain a zero byte.");
        if (definition.ListSeparator is { } separator && SettingList.TrySplit(text, separator) is null)
            throw SettingsTable.Invalid(definition, text, "List syntax is invalid.");
        return definition.Name switch
        {
            "application_name" => CleanAscii(text)[..Math.Min(text.Length, NameDataLength - 1)],
            "cluster_name" => CleanAscii(text)[..Math.Min(text.Length, NameDataLength - 1)],
            "client_encoding" => ClientEncoding(definition, text),
            "DateStyle" => DateStyle(definition, text),
            "TimeZone" => TimeZone(definition, text),
            "primary_slot_name" => SlotName(definition, text),
            "recovery_target_timeline" => RecoveryTargetTimeline(definition, text),
            "synchronous_standby_names" => StandbyNames(text),
            _ => text,
        };
    }

    private static string CleanAscii(string text) => string.Create(text.Length, text, static (clean, text) =>
    {
        for (int i = 0; i < text.Length; i++)
            clean[i] = text[i] is < ' ' or > '~' ? '?' : text[i];
    });

    private static string ClientEncoding(SettingDefinition definition, string text) =>
        string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant() switch
        {
            "utf8" or "unicode" => "UTF8",
            "sqlascii" => "SQL_ASCII",
            _ => throw SettingsTable.Invalid(definition, text, hint: "Available values: UTF8, SQL_ASCII."),
        };

    /// <summary>Times are printed in the ISO style alone; the order of day and month is remembered and shown.</summary>
    private static string DateStyle(SettingDefinition definition, string text)
    {
        string? order = null;
        foreach (string word in SettingList.TrySplit(text, ',') ?? throw SettingsTable.Invalid(definition, text, "List syntax is invalid."))
        {
            string? next = word.ToUpperInvariant() switch
            {
                "ISO" or "DEFAULT" => order,
                "YMD" => "YMD",
                "DMY" => "DMY",
                "MDY" or "US" => "MDY",
                "SQL" or "GERMAN" or "POSTGRES" => throw SettingsTable.Invalid(definition, text, "Only the ISO style is supported."),
                string upper when upper.StartsWith("EURO", StringComparison.Ordinal) => "DMY",
                string upper when upper.StartsWith("NONEURO", StringComparison.Ordinal) => "MDY",
                _ => throw SettingsTable.Invalid(definition, text, $"Unrecognized key word: \"{word.ToLowerInvariant()}\"."),
            };
            if (order is not null && next != order)
                throw SettingsTable.Invalid(definition, text, "Conflicting \"datestyle\" specifications.");
            order = next;
        }
        return $"ISO, {order ?? "MDY"}";
    }

    private static string TimeZone(SettingDefinition definition, string text)
    {
        foreach (string name in (ReadOnlySpan<string>)["UTC", "GMT", "Etc/UTC"]) // known without a time zone database
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                return name;
        return text.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(text, out TimeZoneInfo? zone) ? zone.Id : throw SettingsTable.Invalid(definition, text);
    }

    private static string SlotName(SettingDefinition definition, string text)
    {
        if (text.Length >= NameDataLength)
            throw SettingsTable.Invalid(definition, text, $"replication slot name \"{text}\" is too long");
        foreach (char c in text)
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
                throw SettingsTable.Invalid(definition, text, $"replication slot name \"{text}\" contains invalid character",
                    "Replication slot names may only contain lower case letters, numbers, and the underscore character.");
        return text;
    }

    /// <summary>latest, current, or a timeline's number.</summary>
    private static string RecoveryTargetTimeline(SettingDefinition definition, string text)
    {
        if (text is "latest" or "current")
            return text;
        string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        NumberStyles style = ReferenceEquals(digits, text) ? NumberStyles.None : NumberStyles.AllowHexSpecifier;
        if (!uint.TryParse(digits, style, CultureInfo.InvariantCulture, out uint timeline) || timeline == 0)
            throw SettingsTable.Invalid(definition, text, "recovery_target_timeline is not a valid number.");
        return timeline.ToString(CultureInfo.InvariantCulture);
    }

    private static string StandbyNames(string text)
    {
        SynchronousStandbyNames.Parse(text);
        return text;
    }
}
