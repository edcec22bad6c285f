namespace Pgrepl.Shared.Config;

/// <summary>pgrepl.relay_keep: how much WAL a relay keeps for whoever may come. A segment within the size or within the age stays.</summary>
/// <param name="Bytes">Counted back from the end of WAL; 0: none.</param>
/// <param name="Age">Since the segment was received; zero: none.</param>
public readonly record struct RelayKeep(long Bytes, TimeSpan Age)
{
    private const string Name = "pgrepl.relay_keep";
    private const string SizeUnit = "MB";
    private const string AgeUnit = "s";
    private const string Hint = "Give a size such as \"1GB\", an age such as \"7d\", or both: \"1GB, 7d\". 0 keeps nothing.";

    public static RelayKeep Of(SettingValues settings) => Parse(SettingsTable.Get(Name), settings[Name]).Keep;

    /// <returns>The canonical text.</returns>
    /// <exception cref="PgException">22023.</exception>
    internal static string Normalise(SettingDefinition definition, string text) => Parse(definition, text).Text;

    private static (RelayKeep Keep, string Text) Parse(SettingDefinition definition, string text)
    {
        int? megabytes = null, seconds = null;
        foreach (string item in SettingList.TrySplit(text, ',') ?? [])
        {
            if (item == "0")
                continue;
            bool hasUnit = item.Length > 0 && !char.IsAsciiDigit(item[^1]);
            if (hasUnit && megabytes is null && SettingUnits.TryParse(item, SizeUnit, out int size, out _) && size > 0)
                megabytes = size;
            else if (hasUnit && seconds is null && SettingUnits.TryParse(item, AgeUnit, out int age, out _) && age > 0)
                seconds = age;
            else
                throw SettingsTable.Invalid(definition, text, hint: Hint);
        }
        string?[] canonical = [megabytes is { } m ? SettingUnits.Format(m, SizeUnit) : null, seconds is { } s ? SettingUnits.Format(s, AgeUnit) : null];
        string shown = string.Join(", ", canonical.OfType<string>());
        return (new((megabytes ?? 0) * SettingUnits.BytesIn(SizeUnit), TimeSpan.FromSeconds(seconds ?? 0)), shown.Length > 0 ? shown : "0");
    }
}
