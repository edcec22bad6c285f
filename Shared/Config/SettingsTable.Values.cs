namespace Pgrepl.Shared.Config;

/// <remarks>Texts of errors: parse_and_validate_value, PostgreSQL 15, src/backend/utils/misc/guc.c.</remarks>
public static partial class SettingsTable
{
    /// <summary>Spellings that are accepted and not listed in hints.</summary>
    private static readonly Dictionary<string, (string Name, string Value)[]> HiddenValues = new()
    {
        ["synchronous_commit"] = [("true", "on"), ("yes", "on"), ("1", "on"), ("false", "off"), ("no", "off"), ("0", "off")],
        ["client_min_messages"] = [("debug", "debug2"), ("info", "info")],
        ["log_min_messages"] = [("debug", "debug2")],
    };

    /// <summary>Checks a value and gives its one canonical text: <c>on</c>/<c>off</c>, an integer in the base unit, an enum value as the table spells it.</summary>
    /// <exception cref="PgException">22023 with PostgreSQL's text and hint.</exception>
    public static string Normalise(SettingDefinition definition, string text) => definition.Kind switch
    {
        SettingKind.Bool => NormaliseBool(definition, text),
        SettingKind.Integer => NormaliseInteger(definition, text),
        SettingKind.Enum => NormaliseEnum(definition, text),
        _ => SettingChecks.Apply(definition, text),
    };

    /// <summary>As SHOW prints it: with the largest unit that loses nothing.</summary>
    /// <param name="canonical">What <see cref="Normalise"/> gave.</param>
    public static string Show(SettingDefinition definition, string canonical)
    {
        if (definition.Kind != SettingKind.Integer)
            return canonical;
        int value = int.Parse(canonical, System.Globalization.CultureInfo.InvariantCulture);
        return definition.Name is "unix_socket_permissions" or "data_directory_mode" ? Convert.ToString(value, 8).PadLeft(4, '0') : SettingUnits.Format(value, definition.Unit);
    }

    /// <summary>PostgreSQL's Boolean words: unique prefixes of true, false, yes, no; on, off, 1, 0.</summary>
    /// <remarks>Source of truth: parse_bool_with_len, PostgreSQL 15, src/backend/utils/adt/bool.c.</remarks>
    public static bool? ParseBool(string text) => text.ToLowerInvariant() switch
    {
        "t" or "tr" or "tru" or "true" or "y" or "ye" or "yes" or "on" or "1" => true,
        "f" or "fa" or "fal" or "fals" or "false" or "n" or "no" or "of" or "off" or "0" => false,
        _ => null,
    };

    private static string NormaliseBool(SettingDefinition definition, string text) => ParseBool(text) switch
    {
        true => "on",
        false when definition.Name == "standard_conforming_strings" =>
            throw Invalid(definition, text, "A backslash in '...' is always an ordinary character here.", "Write E'...' for one that escapes.", SqlStates.FeatureNotSupported),
        false => "off",
        _ => throw new PgException(SqlStates.InvalidParameterValue, $"parameter \"{definition.Name}\" requires a Boolean value"),
    };

    private static string NormaliseInteger(SettingDefinition definition, string text)
    {
        if (!SettingUnits.TryParse(text, definition.Unit, out int value, out string? hint))
            throw Invalid(definition, text, hint: hint);
        if (value < definition.Min || value > definition.Max)
        {
            string unit = definition.Unit is null ? "" : $" {definition.Unit}";
            throw new PgException(SqlStates.InvalidParameterValue,
                $"{value}{unit} is outside the valid range for parameter \"{definition.Name}\" ({definition.Min} .. {definition.Max})");
        }
        if (definition.Name == "wal_buffers")
            value = value == -1 ? 512 : Math.Max(value, 4); // -1 means "choose": there is no buffer pool to take a share of
        return value.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string NormaliseEnum(SettingDefinition definition, string text)
    {
        foreach (string value in definition.EnumValues)
            if (string.Equals(value, text, StringComparison.OrdinalIgnoreCase))
                return value;
        foreach ((string name, string value) in HiddenValues.GetValueOrDefault(definition.Name, []))
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                return value;
        throw Invalid(definition, text, hint: $"Available values: {string.Join(", ", definition.EnumValues)}.");
    }

    internal static PgException Invalid(SettingDefinition definition, string text, string? detail = null, string? hint = null, string sqlState = SqlStates.InvalidParameterValue) =>
        new(sqlState, $"invalid value for parameter \"{definition.Name}\": \"{text}\"", detail, hint);
}
