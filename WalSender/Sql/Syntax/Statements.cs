namespace Pgrepl.WalSender.Sql;

/// <summary>One statement as it was written.</summary>
internal abstract record Statement
{
    /// <summary>CommandComplete's tag; rows are added to SELECT's.</summary>
    public abstract string Tag { get; }

    /// <summary>May run in a failed transaction.</summary>
    public virtual bool EndsTransaction => false;
}

internal sealed record TargetNode(SyntaxNode Expression, string? Label);

internal sealed record OrderNode(SyntaxNode Expression, bool Descending, bool NullsFirst);

/// <param name="Arguments">null: a view; else a function's, or the values of <paramref name="ValuesWidth"/> columns row by row.</param>
/// <param name="ValuesWidth">0: not VALUES.</param>
internal sealed record FromNode(string? Schema, string Name, IReadOnlyList<SyntaxNode>? Arguments, IReadOnlyList<string?> ArgumentNames, string? Alias, IReadOnlyList<string> ColumnAliases, int Position,
    int ValuesWidth = 0);

internal sealed record SelectStatement(IReadOnlyList<TargetNode> Targets, FromNode? From, SyntaxNode? Where, IReadOnlyList<OrderNode> OrderBy, SyntaxNode? Limit, SyntaxNode? Offset) : Statement
{
    public override string Tag => "SELECT";
}

internal enum TransactionVerb
{
    Begin,
    Commit,
    Rollback,
}

/// <param name="Chain">AND CHAIN</param>
/// <param name="Settings">Transaction modes as settings: transaction_isolation, transaction_read_only, transaction_deferrable.</param>
internal sealed record TransactionStatement(TransactionVerb Verb, string Tag, bool Chain, IReadOnlyList<KeyValuePair<string, string>> Settings) : Statement
{
    public override string Tag { get; } = Tag;
    public override bool EndsTransaction => Verb != TransactionVerb.Begin;
}

internal enum SavepointVerb
{
    Define,
    Release,
    RollbackTo,
}

/// <summary>SAVEPOINT, RELEASE SAVEPOINT, ROLLBACK TO SAVEPOINT.</summary>
internal sealed record SavepointStatement(SavepointVerb Verb, string Name) : Statement
{
    public override string Tag => Verb switch
    {
        SavepointVerb.Define => "SAVEPOINT",
        SavepointVerb.Release => "RELEASE",
        _ => "ROLLBACK",
    };

    public override bool EndsTransaction => Verb == SavepointVerb.RollbackTo;

    /// <summary>For messages.</summary>
    public string LongName => Verb switch
    {
        SavepointVerb.Define => "SAVEPOINT",
        SavepointVerb.Release => "RELEASE SAVEPOINT",
        _ => "ROLLBACK TO SAVEPOINT",
    };
}

/// <summary>SET, also in its transaction forms.</summary>
/// <param name="Value">null: DEFAULT.</param>
/// <param name="Tag">SET, or RESET for RESET name.</param>
/// <param name="IsList">Several values were given, with commas between them.</param>
internal sealed record SetStatement(string Name, string? Value, bool Local, string Tag = "SET", bool IsList = false) : Statement
{
    public override string Tag { get; } = Tag;
}

/// <summary>SET TRANSACTION and SET SESSION CHARACTERISTICS: several settings at once.</summary>
internal sealed record SetTransactionStatement(IReadOnlyList<KeyValuePair<string, string>> Settings, bool Local) : Statement
{
    public override string Tag => "SET";
}

internal sealed record ResetAllStatement : Statement
{
    public override string Tag => "RESET";
}

/// <param name="Name">null: ALL.</param>
internal sealed record ShowSettingStatement(string? Name) : Statement
{
    public override string Tag => "SHOW";
}

/// <param name="What">ALL, PLANS, SEQUENCES, TEMP.</param>
internal sealed record DiscardStatement(string What) : Statement
{
    public override string Tag => "DISCARD " + What;
}

/// <param name="Name">null: ALL.</param>
internal sealed record DeallocateStatement(string? Name) : Statement
{
    public override string Tag => Name is null ? "DEALLOCATE ALL" : "DEALLOCATE";
}

/// <summary>A statement that has nothing to do on this node: UNLISTEN, CLOSE ALL, SET SESSION AUTHORIZATION DEFAULT.</summary>
/// <param name="ClosesPortals">CLOSE ALL</param>
internal sealed record EmptyStatement(string Tag, bool ClosesPortals = false) : Statement
{
    public override string Tag { get; } = Tag;
}
