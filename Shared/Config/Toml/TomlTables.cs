namespace Pgrepl.Shared.Config.Toml;

/// <summary>The tree of a document while it is read: what a header opens, what a dotted key reaches, who may add to which table.</summary>
/// <remarks>Source of truth: https://toml.io/en/v1.0.0, the chapters Keys, Table, Inline Table and Array of Tables.</remarks>
internal sealed class TomlTables
{
    private readonly TomlScanner _scanner; // for the wording of errors

    public TomlTables(TomlScanner scanner)
    {
        _scanner = scanner;
        Current = Root;
    }

    public TomlTable Root { get; } = new(new TomlPosition(1, 1), TomlTableOrigin.Header);

    /// <summary>Where keys go until the next header.</summary>
    public TomlTable Current { get; private set; }

    /// <summary><c>[a.b]</c></summary>
    public void Open(IReadOnlyList<TomlKey> path)
    {
        TomlTable parent = ParentOf(path);
        TomlKey key = path[^1];
        switch (parent.Find(key.Name))
        {
            case null:
                Current = new TomlTable(key.At, TomlTableOrigin.Header);
                parent.Add(key, Current);
                break;
            case TomlTable { Origin: TomlTableOrigin.Implied } implied:
                implied.Origin = TomlTableOrigin.Header;
                Current = implied;
                break;
            case TomlTable:
                throw _scanner.Error($"table [{Name(path)}] is defined twice", key.At);
            default:
                throw Taken(path, path.Count - 1);
        }
    }

    /// <summary><c>[[a.b]]</c></summary>
    public void OpenItem(IReadOnlyList<TomlKey> path)
    {
        TomlTable parent = ParentOf(path);
        TomlKey key = path[^1];
        TomlValue? found = parent.Find(key.Name);
        if (found is null)
            parent.Add(key, found = new TomlArray(key.At) { OfTables = true });
        if (found is not TomlArray { OfTables: true } array)
            throw Taken(path, path.Count - 1);
        Current = new TomlTable(key.At, TomlTableOrigin.Header);
        array.Items.Add(Current);
    }

    /// <summary>A key, dotted or not, of the current table or of one in braces.</summary>
    public void Add(TomlTable table, IReadOnlyList<TomlKey> path, TomlValue value)
    {
        for (int i = 0; i < path.Count - 1; i++)
        {
            TomlValue? found = table.Find(path[i].Name);
            if (found is null)
                table.Add(path[i], found = new TomlTable(path[i].At, TomlTableOrigin.Dotted));
            table = found is TomlTable { Origin: TomlTableOrigin.Dotted } next ? next : throw Taken(path, i);
        }
        if (table.Find(path[^1].Name) is not null)
            throw _scanner.Error($"key \"{Name(path)}\" is set twice", path[^1].At);
        table.Add(path[^1], value);
    }

    private TomlTable ParentOf(IReadOnlyList<TomlKey> path)
    {
        TomlTable table = Root;
        for (int i = 0; i < path.Count - 1; i++)
        {
            TomlValue? found = table.Find(path[i].Name);
            if (found is null)
                table.Add(path[i], found = new TomlTable(path[i].At, TomlTableOrigin.Implied));
            table = found switch
            {
                TomlTable { Origin: not TomlTableOrigin.Inline } next => next,
                TomlArray { OfTables: true } array => (TomlTable)array.Items[^1],
                _ => throw Taken(path, i),
            };
        }
        return table;
    }

    private ConfigurationException Taken(IReadOnlyList<TomlKey> path, int index) =>
        _scanner.Error($"key \"{Name([.. path.Take(index + 1)])}\" is set already, and not as something that can be added to here", path[index].At);

    private static string Name(IReadOnlyList<TomlKey> path) => string.Join('.', path.Select(key => key.Name));
}
