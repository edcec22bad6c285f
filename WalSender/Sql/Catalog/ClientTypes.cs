namespace Pgrepl.WalSender.Sql;

/// <summary>
/// What a client library asks of pg_type: Npgsql when it connects, JDBC when it meets a type it does not know, such as pg_lsn. Those queries join half the catalogue over sub-selects;
/// they are recognised by the names in them and answered from views of our own that nobody else needs to know.
/// </summary>
internal static class ClientTypes
{
    private const string TypesView = "pgrepl_client_types";
    private const string FieldsView = "pgrepl_client_type_fields";
    private const string LabelsView = "pgrepl_client_enum_labels";

    /// <summary>pg_type.typarray of the types that have one here.</summary>
    private static readonly (SqlType Element, uint Oid)[] Arrays =
    [
        (SqlType.Bool, 1000), (SqlType.Bytea, 1001), (SqlType.Name, 1003), (SqlType.Int8, 1016), (SqlType.Int2, 1005), (SqlType.Int4, 1007), (SqlType.Text, 1009),
        (SqlType.Oid, 1028), (SqlType.Xid, 1011), (SqlType.Float8, 1022), (SqlType.Inet, 1041), (SqlType.Varchar, 1015), (SqlType.Interval, 1187),
        (SqlType.Timestamptz, 1185), (SqlType.Numeric, 1231), (SqlType.Lsn, 3221),
    ];

    /// <summary>Types that no value here has, but that a client may look up while it builds its tables: name, oid, array's oid.</summary>
    private const string OtherTypes =
        "char 18 1002, regproc 24 1008, tid 27 1010, cid 29 1012, json 114 199, xml 142 143, float4 700 1021, money 790 791, macaddr 829 1040, cidr 650 651, bpchar 1042 1014, "
        + "date 1082 1182, time 1083 1183, timestamp 1114 1115, timetz 1266 1270, bit 1560 1561, varbit 1562 1563, regclass 2205 2210, regtype 2206 2211, uuid 2950 2951, "
        + "tsvector 3614 3643, tsquery 3615 3645, jsonb 3802 3807, xid8 5069 271";

    public static readonly RowSource[] All =
    [
        RowSource.View(TypesView,
            [new("nspname", SqlType.Name), new("oid", SqlType.Oid), new("typname", SqlType.Name), new("typtype", SqlType.Text), new("typnotnull", SqlType.Bool), new("elemtypoid", SqlType.Oid)],
            _ => Types()),
        RowSource.View(FieldsView, [new("oid", SqlType.Oid), new("attname", SqlType.Name), new("atttypid", SqlType.Oid)], _ => []),
        RowSource.View(LabelsView, [new("oid", SqlType.Oid), new("enumlabel", SqlType.Name)], _ => []),
    ];

    public static bool IsHidden(string view) => view.StartsWith("pgrepl_client_", StringComparison.Ordinal);

    /// <summary>The query that answers a statement which has these words in it; null: it is none of those we know.</summary>
    /// <param name="oid">What the statement compares an oid with, as it is written; null: with nothing.</param>
    public static string? Recognise(IReadOnlySet<string> words, string? oid)
    {
        if (!words.Contains("pg_type") || !words.Contains("pg_namespace"))
            return null;
        if (words.Contains("enumlabel") && words.Contains("pg_enum"))
            return $"SELECT * FROM {LabelsView}";
        if (words.Contains("atttypid") && words.Contains("pg_attribute"))
            return $"SELECT * FROM {FieldsView}";
        if (oid is not null && words.Contains("current_schemas") && words.Contains("any") && !words.Contains("or") && !words.Contains("typelem") && !words.Contains("typarray")) // JDBC: schema and name of a type
            return $"SELECT nspname = 'pg_catalog' AS \"?column?\", nspname, typname FROM {TypesView} WHERE oid = {oid}";
        if (oid is not null && words.Contains("typinput") && words.Contains("is_array")) // JDBC: what kind of type it is
            return $"SELECT elemtypoid IS NOT NULL AS is_array, CASE typtype WHEN 'a' THEN 'b' ELSE typtype END AS typtype, typname, oid FROM {TypesView} WHERE oid = {oid}";
        return words.Contains("elemtypoid") && words.Contains("typreceive") && words.Contains("nspname") ? $"SELECT * FROM {TypesView}" : null;
    }

    /// <summary>Base types first, then arrays of them, as the query orders them.</summary>
    private static IEnumerable<SqlValue[]> Types()
    {
        foreach (SqlType type in SqlType.All)
            if (type != SqlType.TextArray)
                yield return Row(type.TypeOid, type.CatalogName, type.Category is 'X' or 'P' ? "p" : "b", null);
        (string Name, uint Oid, uint Array)[] others = [.. OtherTypes.Split(", ").Select(entry => entry.Split(' ')).Select(parts => (parts[0], uint.Parse(parts[1]), uint.Parse(parts[2])))];
        foreach ((string name, uint oid, _) in others)
            yield return Row(oid, name, "b", null);
        foreach ((SqlType element, uint oid) in Arrays)
            yield return Row(oid, "_" + element.CatalogName, "a", element.TypeOid);
        foreach ((string name, uint oid, uint array) in others)
            yield return Row(array, "_" + name, "a", oid);
    }

    private static SqlValue[] Row(uint oid, string name, string kind, uint? element) =>
        [SqlValue.From("pg_catalog"), SqlValue.From((long)oid), SqlValue.From(name), SqlValue.From(kind), SqlValue.False, SqlValue.From(element)];
}
