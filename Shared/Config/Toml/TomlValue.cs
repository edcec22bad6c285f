namespace Pgrepl.Shared.Config.Toml;

/// <summary>Where something stands in a file; both numbers from 1, the column in characters.</summary>
internal readonly record struct TomlPosition(int Line, int Column);

/// <summary>A key as it was written, without quotes and escapes.</summary>
internal readonly record struct TomlKey(string Name, TomlPosition At);

/// <param name="At">Its first character; of a table with a header of its own, that header's last key.</param>
/// <remarks>Source of truth: https://toml.io/en/v1.0.0.</remarks>
internal abstract record TomlValue(TomlPosition At)
{
    /// <summary>As an error message names it: <c>a string</c>.</summary>
    public abstract string KindName { get; }
}

internal sealed record TomlString(TomlPosition At, string Text) : TomlValue(At)
{
    public override string KindName => "a string";
}

internal sealed record TomlInteger(TomlPosition At, long Number) : TomlValue(At)
{
    public override string KindName => "an integer";
}

/// <param name="Text">As written, without underscores.</param>
internal sealed record TomlFloat(TomlPosition At, double Number, string Text) : TomlValue(At)
{
    public override string KindName => "a float";
}

internal sealed record TomlBoolean(TomlPosition At, bool Truth) : TomlValue(At)
{
    public override string KindName => "a boolean";
}

/// <param name="Text">RFC 3339 with <c>T</c> and <c>Z</c>, or the part of it that is there.</param>
internal sealed record TomlDateTime(TomlPosition At, TomlDateTimeKind Kind, string Text) : TomlValue(At)
{
    public override string KindName => Kind switch
    {
        TomlDateTimeKind.LocalDate => "a date",
        TomlDateTimeKind.LocalTime => "a time",
        _ => "a date-time",
    };
}

internal enum TomlDateTimeKind
{
    OffsetDateTime,
    LocalDateTime,
    LocalDate,
    LocalTime,
}

internal sealed record TomlArray(TomlPosition At) : TomlValue(At)
{
    public override string KindName => OfTables ? "an array of tables" : "an array";

    public List<TomlValue> Items { get; } = [];

    /// <summary>Made by <c>[[headers]]</c>, so that a further one adds an item.</summary>
    public bool OfTables { get; init; }
}

/// <summary>Which of its kin a table is: it decides who may still add to it.</summary>
internal enum TomlTableOrigin
{
    /// <summary>Only the headers of tables within it named it so far.</summary>
    Implied,

    /// <summary>Its own header, or the file itself.</summary>
    Header,

    /// <summary>A dotted key.</summary>
    Dotted,

    /// <summary>Braces: complete where it stands.</summary>
    Inline,
}

internal sealed record TomlTable(TomlPosition At, TomlTableOrigin Origin) : TomlValue(At)
{
    public override string KindName => "a table";

    public TomlTableOrigin Origin { get; set; } = Origin;

    /// <summary>In the order of the file.</summary>
    public OrderedDictionary<string, (TomlKey Key, TomlValue Value)> Members { get; } = [];

    public TomlValue? Find(string name) => Members.TryGetValue(name, out (TomlKey Key, TomlValue Value) member) ? member.Value : null;

    public void Add(TomlKey key, TomlValue value) => Members.Add(key.Name, (key, value));
}
