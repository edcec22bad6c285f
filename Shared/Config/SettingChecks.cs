using System.Globalization;

namespace Pgrepl.Shared.Config;

/// <summary>What a text setting must satisfy beyond being text.</summary>
/// <remarks>Source of truth: the check hooks of PostgreSQL 15: src/backend/utils/misc/guc.c, src/backend/commands/variable.c, src/backend/replication/{syncrep,slot}.c.</remarks>
internal static class SettingChecks
{
    private const int NameDataLength = 64;

    /// <summary>pg_enc2name_tbl, src/common/encnames.c.</summary>
    private const string OtherEncodings = "EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 MULE_INTERNAL LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 "
        + "WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 JOHAB SHIFT_JIS_2004";

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
            "pgrepl.relay_keep" => RelayKeep.Normalise(definition, text),
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

    /// <summary>Everything is sent and taken as UTF-8; SQL_ASCII means no conversion. PostgreSQL's other encodings are known and refused as it refuses one without a conversion.</summary>
    private static string ClientEncoding(SettingDefinition definition, string text)
    {
        string plain = string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        if (plain is "UTF8" or "UNICODE")
            return "UTF8";
        if (plain == "SQLASCII")
            return "SQL_ASCII";
        string? known = OtherEncodings.Split(' ').FirstOrDefault(name => name.Replace("_", "", StringComparison.Ordinal) == plain);
        throw known is null
            ? SettingsTable.Invalid(definition, text)
            : SettingsTable.Invalid(definition, text, $"Conversion between {known} and UTF8 is not supported.", sqlState: SqlStates.FeatureNotSupported);
    }

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

    private static string TimeZone(SettingDefinition definition, string text) => TimeZoneNames.Find(text)?.Name ?? throw SettingsTable.Invalid(definition, text);

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
