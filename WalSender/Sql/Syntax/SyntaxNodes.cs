namespace Pgrepl.WalSender.Sql;

/// <summary>A piece of an expression as it was written.</summary>
/// <param name="Position">Offset in the text that errors point to.</param>
internal abstract record SyntaxNode(int Position)
{
    /// <summary>Levels below and including this one.</summary>
    public int Depth { get; set; } = 1;
}

internal sealed record NullNode(int Position) : SyntaxNode(Position);

internal sealed record BooleanNode(bool Value, int Position) : SyntaxNode(Position);

/// <summary>Digits with an optional minus; too long for bigint, they are a numeric.</summary>
internal sealed record IntegerNode(string Digits, int Position) : SyntaxNode(Position);

internal sealed record NumberNode(string Digits, int Position) : SyntaxNode(Position);

internal sealed record TextNode(string Value, int Position) : SyntaxNode(Position);

/// <summary>$n</summary>
internal sealed record ParameterNode(int Number, int Position) : SyntaxNode(Position);

/// <summary>A column: name, or relation.name.</summary>
internal sealed record ColumnNode(IReadOnlyList<string> Parts, int Position) : SyntaxNode(Position);

/// <summary>* or relation.*</summary>
internal sealed record StarNode(string? Relation, int Position) : SyntaxNode(Position);

/// <summary>A function call, or a value function without parentheses (current_user).</summary>
/// <param name="ArgumentNames">By place; null for one without a name.</param>
/// <param name="Star">count(*)</param>
internal sealed record CallNode(string? Schema, string Name, IReadOnlyList<SyntaxNode> Arguments, IReadOnlyList<string?> ArgumentNames, bool Star, int Position) : SyntaxNode(Position);

/// <summary>(composite).field</summary>
internal sealed record FieldNode(SyntaxNode Operand, string Field, int Position) : SyntaxNode(Position);

internal sealed record CastNode(SyntaxNode Operand, TypeName Type, int Position) : SyntaxNode(Position);

internal sealed record UnaryNode(string Operator, SyntaxNode Operand, int Position) : SyntaxNode(Position);

internal sealed record BinaryNode(string Operator, SyntaxNode Left, SyntaxNode Right, int Position) : SyntaxNode(Position);

/// <summary>AND or OR over two or more operands.</summary>
internal sealed record LogicNode(bool IsAnd, IReadOnlyList<SyntaxNode> Operands, int Position) : SyntaxNode(Position);

internal sealed record NotNode(SyntaxNode Operand, int Position) : SyntaxNode(Position);

internal enum IsTest
{
    Null,
    True,
    False,
    Unknown,
}

internal sealed record IsNode(SyntaxNode Operand, IsTest Test, bool Negated, int Position) : SyntaxNode(Position);

/// <summary>left IS [NOT] DISTINCT FROM right</summary>
internal sealed record DistinctNode(SyntaxNode Left, SyntaxNode Right, bool Negated, int Position) : SyntaxNode(Position);

internal sealed record InNode(SyntaxNode Operand, IReadOnlyList<SyntaxNode> List, bool Negated, int Position) : SyntaxNode(Position);

internal sealed record BetweenNode(SyntaxNode Operand, SyntaxNode Low, SyntaxNode High, bool Negated, int Position) : SyntaxNode(Position);

/// <param name="Operand">CASE operand WHEN value …; null: CASE WHEN condition ….</param>
internal sealed record CaseNode(SyntaxNode? Operand, IReadOnlyList<(SyntaxNode When, SyntaxNode Then)> Branches, SyntaxNode? Else, int Position) : SyntaxNode(Position);

/// <param name="Name">Folded; SQL's two-word names with one blank.</param>
/// <param name="Modifiers">varchar(10), numeric(10,2).</param>
internal sealed record TypeName(string? Schema, string Name, IReadOnlyList<int> Modifiers, int Position);
