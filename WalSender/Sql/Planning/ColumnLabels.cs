namespace Pgrepl.WalSender.Sql;

/// <summary>The name of a result column that was given none.</summary>
/// <remarks>Source of truth: FigureColname, PostgreSQL 15, src/backend/parser/parse_target.c.</remarks>
internal static class ColumnLabels
{
    public static string For(SyntaxNode node) => Find(node).Label ?? "?column?";

    /// <returns>A weak label gives way to that of the expression around it.</returns>
    private static (string? Label, bool Strong) Find(SyntaxNode node)
    {
        switch (node)
        {
            case ColumnNode column:
                return (column.Parts[^1], true);
            case CallNode call:
                return (call.Name, true);
            case FieldNode field:
                return (field.Field, true);
            case CastNode cast:
                (string? inner, bool strong) = Find(cast.Operand);
                return strong ? (inner, true) : (SqlType.Find(cast.Type.Name)?.CatalogName.TrimStart('_') ?? cast.Type.Name, false);
            case CaseNode choice:
                (string? otherwise, bool isStrong) = choice.Else is null ? (null, false) : Find(choice.Else);
                return isStrong ? (otherwise, true) : ("case", false);
            default:
                return (null, false);
        }
    }
}
