namespace Pgrepl.WalSender.Sql;

/// <summary>First words of PostgreSQL's statements that this node does not execute: they are refused as unsupported, not as errors in the text.</summary>
internal static class StatementNames
{
    private static readonly HashSet<string> Known =
        ("alter analyze analyse call checkpoint cluster comment copy create declare delete do drop execute explain fetch grant import insert listen load lock "
        + "merge move notify prepare reassign refresh reindex revoke security table truncate update vacuum values with").Split(' ').ToHashSet();

    public static bool IsKnown(string word) => Known.Contains(word);
}
