namespace Pgrepl.WalSender.Sql;

/// <summary>The statements of a text, parsed once; each is planned when it first runs.</summary>
internal sealed class ParsedText(string text, IReadOnlyList<Statement> statements)
{
    private readonly PreparedStatement?[] _planned = new PreparedStatement?[statements.Count];

    public string Text { get; } = text;
    public IReadOnlyList<Statement> Statements { get; } = statements;

    public PreparedStatement Plan(int index, IReadOnlyList<uint>? parameterTypes, RowSources sources) =>
        _planned[index] ??= new PreparedStatement(Statements[index], parameterTypes, sources);
}

/// <summary>Keeps the last texts parsed, so that a client that repeats itself costs no parsing and no garbage. Bounded: a slot per hash, the newest wins.</summary>
/// <remarks>A plan depends on the text and the declared parameter types alone, both of which are in the key: it never goes stale.</remarks>
internal sealed class StatementCache
{
    private readonly (byte[] Key, ParsedText Parsed)[] _slots = new (byte[], ParsedText)[SqlLimits.CachedStatements];

    /// <param name="key">The text with its NUL, and for a Parse message what follows it.</param>
    public ParsedText? Find(ReadOnlySpan<byte> key)
    {
        (byte[] known, ParsedText parsed) = _slots[Slot(key)];
        return known is not null && key.SequenceEqual(known) ? parsed : null;
    }

    public void Add(ReadOnlySpan<byte> key, ParsedText parsed)
    {
        if (key.Length <= SqlLimits.CachedStatementBytes)
            _slots[Slot(key)] = (key.ToArray(), parsed);
    }

    /// <summary>FNV-1a, eight bytes at a time.</summary>
    private static int Slot(ReadOnlySpan<byte> key)
    {
        ulong hash = 14695981039346656037;
        while (key.Length >= 8)
        {
            hash = (hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(key)) * 1099511628211;
            hash ^= hash >> 32;
            key = key[8..];
        }
        foreach (byte value in key)
            hash = (hash ^ value) * 1099511628211;
        hash ^= hash >> 32;
        return (int)(hash % SqlLimits.CachedStatements);
    }
}
