using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.TestSupport;

/// <summary>One question over a connection of its own, to a node or a PostgreSQL.</summary>
internal static class Sql
{
    /// <summary>First column of the first row, as text.</summary>
    public static string? Ask(string conninfo, string sql)
    {
        using PgClient client = PgClient.Connect(conninfo, TimeSpan.FromSeconds(10));
        using PgResult result = client.QueryOrThrow(sql);
        return result.Rows > 0 ? result.Value(0, 0) : null;
    }

    /// <summary>As Ask, but null while the server cannot answer.</summary>
    public static string? TryAsk(string conninfo, string sql)
    {
        try
        {
            return Ask(conninfo, sql);
        }
        catch (PgException)
        {
            return null;
        }
    }
}
