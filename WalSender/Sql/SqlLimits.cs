namespace Pgrepl.WalSender.Sql;

/// <summary>What one client can make a session hold or walk through.</summary>
internal static class SqlLimits
{
    /// <summary>Bytes of one text or bytea that an expression makes.</summary>
    public const int MaxValueBytes = 16 * 1024 * 1024;

    /// <summary>Levels of an expression: each is a few frames on the stack.</summary>
    public const int MaxExpressionDepth = 500;

    /// <summary>Words and signs of one query: each becomes a node of some hundred bytes.</summary>
    public const int MaxTokens = 100_000;

    /// <summary>Bytes of the long texts and parameters that the prepared statements and portals of a session hold, each kind; a long one is longer than <see cref="CachedStatementBytes"/>.</summary>
    public const int MaxPreparedBytes = 64 * 1024 * 1024;

    /// <summary>Rows of one result: they are held until they are sent.</summary>
    public const int MaxRows = 1_000_000;

    /// <summary>MaxTupleAttributeNumber: columns of a result.</summary>
    public const int MaxColumns = 1664;

    /// <summary>Texts of simple statements kept parsed, per session, and the length up to which one is kept (bytes).</summary>
    public const int CachedStatements = 64;

    public const int CachedStatementBytes = 4096;

    /// <summary>track_activity_query_size: bytes of a statement that pg_stat_activity shows.</summary>
    public const int ActivityTextBytes = 1024;

    /// <summary>Bytes of a constant that is computed once, when the statement is planned.</summary>
    public const int FoldedConstantBytes = 16 * 1024;

    /// <summary>Prepared statements and portals a session may hold, each.</summary>
    public const int MaxPrepared = 10_000;
}
