namespace Pgrepl.WalSender.Sql;

internal enum TypeKind
{
    Unknown,
    Bool,
    Int2,
    Int4,
    Int8,
    Numeric,
    Float8,
    Oid,
    Xid,
    Text,
    Varchar,
    Name,
    Bytea,
    Lsn,
    Timestamptz,
    Interval,
    Inet,
    TextArray,
    Record,
    Void,
}

/// <summary>A data type as PostgreSQL's catalogue has it.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/catalog/pg_type.dat; DisplayName is what format_type() prints.</remarks>
internal sealed class SqlType
{
    public static readonly SqlType Unknown = new(TypeKind.Unknown, 705, "unknown", "unknown", -2, 'X');
    public static readonly SqlType Bool = new(TypeKind.Bool, 16, "bool", "boolean", 1, 'B', preferred: true);
    public static readonly SqlType Int2 = new(TypeKind.Int2, 21, "int2", "smallint", 2, 'N');
    public static readonly SqlType Int4 = new(TypeKind.Int4, 23, "int4", "integer", 4, 'N');
    public static readonly SqlType Int8 = new(TypeKind.Int8, 20, "int8", "bigint", 8, 'N');
    public static readonly SqlType Numeric = new(TypeKind.Numeric, 1700, "numeric", "numeric", -1, 'N');
    public static readonly SqlType Float8 = new(TypeKind.Float8, 701, "float8", "double precision", 8, 'N', preferred: true);
    public static readonly SqlType Oid = new(TypeKind.Oid, 26, "oid", "oid", 4, 'N', preferred: true);
    public static readonly SqlType Xid = new(TypeKind.Xid, 28, "xid", "xid", 4, 'U');
    public static readonly SqlType Text = new(TypeKind.Text, 25, "text", "text", -1, 'S', preferred: true);
    public static readonly SqlType Varchar = new(TypeKind.Varchar, 1043, "varchar", "character varying", -1, 'S');
    public static readonly SqlType Name = new(TypeKind.Name, 19, "name", "name", 64, 'S');
    public static readonly SqlType Bytea = new(TypeKind.Bytea, 17, "bytea", "bytea", -1, 'U');
    public static readonly SqlType Lsn = new(TypeKind.Lsn, 3220, "pg_lsn", "pg_lsn", 8, 'U');
    public static readonly SqlType Timestamptz = new(TypeKind.Timestamptz, 1184, "timestamptz", "timestamp with time zone", 8, 'D', preferred: true);
    public static readonly SqlType Interval = new(TypeKind.Interval, 1186, "interval", "interval", 16, 'T', preferred: true);
    public static readonly SqlType Inet = new(TypeKind.Inet, 869, "inet", "inet", -1, 'I', preferred: true);
    public static readonly SqlType TextArray = new(TypeKind.TextArray, 1009, "_text", "text[]", -1, 'A');
    public static readonly SqlType Record = new(TypeKind.Record, 2249, "record", "record", -1, 'P');
    public static readonly SqlType Void = new(TypeKind.Void, 2278, "void", "void", 4, 'P');

    public static readonly IReadOnlyList<SqlType> All =
    [
        Unknown, Bool, Int2, Int4, Int8, Numeric, Float8, Oid, Xid, Text, Varchar, Name, Bytea, Lsn, Timestamptz, Interval, Inet, TextArray, Record, Void,
    ];

    private static readonly Dictionary<string, SqlType> ByName = new(All.ToDictionary(type => type.CatalogName))
    {
        ["boolean"] = Bool,
        ["smallint"] = Int2,
        ["integer"] = Int4,
        ["int"] = Int4,
        ["bigint"] = Int8,
        ["decimal"] = Numeric,
        ["dec"] = Numeric,
        ["float"] = Float8,
        ["double precision"] = Float8,
        ["character varying"] = Varchar,
        ["timestamp with time zone"] = Timestamptz,
        ["text[]"] = TextArray,
    };

    private SqlType(TypeKind kind, uint oid, string catalogName, string displayName, short length, char category, bool preferred = false)
    {
        Kind = kind;
        TypeOid = oid;
        CatalogName = catalogName;
        DisplayName = displayName;
        Length = length;
        Category = category;
        IsPreferred = preferred;
    }

    public TypeKind Kind { get; }

    /// <summary>pg_type.oid</summary>
    public uint TypeOid { get; }

    /// <summary>pg_type.typname; a result column that is a cast gets it as its name.</summary>
    public string CatalogName { get; }

    public string DisplayName { get; }

    /// <summary>pg_type.typlen</summary>
    public short Length { get; }

    /// <summary>pg_type.typcategory</summary>
    public char Category { get; }

    public bool IsPreferred { get; }

    /// <summary>Holds UTF-8 text.</summary>
    public bool IsTextLike => Kind is TypeKind.Text or TypeKind.Varchar or TypeKind.Name or TypeKind.Unknown;

    /// <summary>Place in the chain of implicit numeric casts; 0: not in it.</summary>
    public int NumericRank => Kind switch
    {
        TypeKind.Int2 => 1,
        TypeKind.Int4 => 2,
        TypeKind.Int8 => 3,
        TypeKind.Numeric => 4,
        TypeKind.Float8 => 5,
        _ => 0,
    };

    public static SqlType? Find(uint oid) => All.FirstOrDefault(type => type.TypeOid == oid);

    /// <param name="name">Folded; a catalogue name or SQL's own (<c>double precision</c>).</param>
    public static SqlType? Find(string name) => ByName.GetValueOrDefault(name);

    public override string ToString() => DisplayName;
}
