namespace Pgrepl.Shared.Config;

/// <summary>The type of a setting's value, as pg_settings.vartype names it.</summary>
public enum SettingKind
{
    Bool,
    Integer,
    String,
    Enum,
}

/// <summary>When a setting can change, as pg_settings.context names it.</summary>
/// <remarks>Source of truth: GucContext, PostgreSQL 15, src/include/utils/guc.h.</remarks>
public enum SettingContext
{
    /// <summary>Shown, never set.</summary>
    Internal,

    /// <summary>At start only.</summary>
    Postmaster,

    /// <summary>By a reload.</summary>
    Sighup,

    /// <summary>When a session begins, then never.</summary>
    Backend,

    /// <summary>By a superuser's SET.</summary>
    Superuser,

    /// <summary>By anybody's SET.</summary>
    User,
}

/// <summary>One setting: everything that SHOW, pg_settings, the parser and the reference page need to know about it.</summary>
/// <param name="Unit">Base unit of an integer: <c>ms s min B kB 8kB MB</c>; <see langword="null"/>: a plain number.</param>
/// <param name="Default">Canonical text.</param>
/// <param name="Min">Inclusive, in the base unit; of an integer only.</param>
/// <param name="EnumValues">In the order PostgreSQL's hint lists them; of an enum only.</param>
/// <param name="ListSeparator">Between the items of a list; <see langword="null"/>: not a list.</param>
/// <param name="Group">pg_settings.category.</param>
/// <param name="Description">pg_settings.short_desc.</param>
/// <remarks>Source of truth: config_generic and its kinds, PostgreSQL 15, src/include/utils/guc_tables.h.</remarks>
public sealed record SettingDefinition(
    string Name,
    SettingKind Kind,
    string? Unit,
    string Default,
    int Min,
    int Max,
    IReadOnlyList<string> EnumValues,
    char? ListSeparator,
    SettingContext Context,
    string Group,
    string Description)
{
    public bool IsList => ListSeparator is not null;

    /// <summary>Connection strings, which may have passwords: superusers alone may see it.</summary>
    /// <remarks>GUC_SUPERUSER_ONLY, PostgreSQL 15, src/include/utils/guc.h.</remarks>
    public bool MayHoldPasswords => Name is "primary_conninfo" or "pgrepl.peers";

    /// <summary>Where it stands in <see cref="SettingsTable.All"/>; assigned there.</summary>
    internal int Index { get; init; }
}
