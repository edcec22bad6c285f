using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.TestSupport;

/// <summary>One question to a node or a PostgreSQL, over a connection of its own; while somebody waits for an answer to change, over one that is kept.</summary>
/// <remarks>A session of a node is a process, which costs a quarter of a second of a processor.</remarks>
public static class Sql
{
    /// <summary>Longest that an answer may take over a kept session: its server may have been stopped meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>By conninfo; null: nobody waits on this thread.</summary>
    [ThreadStatic]
    private static Dictionary<string, PgClient>? _kept;

    /// <summary>First column of the first row, as text.</summary>
    public static string? Ask(string conninfo, string sql)
    {
        if (_kept is not null)
            return AskKept(_kept, conninfo, sql);
        using PgClient client = Connect(conninfo);
        return First(client.QueryOrThrow(sql));
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

    /// <summary>Until the end of this scope, each server is asked over one session as long as that lasts.</summary>
    public static IDisposable KeepSessions() => new Scope();

    /// <summary>A session that fails has perhaps only outlived its server: a fresh one decides.</summary>
    private static string? AskKept(Dictionary<string, PgClient> kept, string conninfo, string sql)
    {
        if (kept.Remove(conninfo, out PgClient? client))
        {
            try
            {
                string? answer = First(client.QueryOrThrow(sql, Patience));
                kept[conninfo] = client;
                return answer;
            }
            catch (PgException)
            {
                client.Dispose();
            }
        }
        client = Connect(conninfo);
        try
        {
            string? answer = First(client.QueryOrThrow(sql));
            kept[conninfo] = client;
            return answer;
        }
        catch (PgException)
        {
            client.Dispose();
            throw;
        }
    }

    private static PgClient Connect(string conninfo) => PgClient.Connect(conninfo, _kept is null ? TimeSpan.FromSeconds(60) : Patience);

    private static string? First(PgResult result)
    {
        using (result)
            return result.Rows > 0 ? result.Value(0, 0) : null;
    }

    private sealed class Scope : IDisposable
    {
        private readonly Dictionary<string, PgClient>? _outer = _kept;
        private readonly Dictionary<string, PgClient> _own = [];

        public Scope() => _kept = _own;

        public void Dispose()
        {
            _kept = _outer;
            foreach (PgClient client in _own.Values)
                client.Dispose();
        }
    }
}
