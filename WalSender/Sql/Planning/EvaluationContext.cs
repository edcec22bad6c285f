namespace Pgrepl.WalSender.Sql;

/// <summary>Everything an expression may look at while it is evaluated. One per session, filled anew for each statement.</summary>
internal sealed class EvaluationContext(ISqlHost host, SqlSettings settings)
{
    public ISqlHost Host { get; } = host;
    public SqlSettings Settings { get; } = settings;

    /// <summary>How values become text, and text times.</summary>
    public TextStyle Style => Settings.Style;

    /// <summary>$1 at index 0.</summary>
    public SqlValue[] Parameters { get; set; } = [];

    /// <summary>The row of FROM.</summary>
    public SqlValue[] Row { get; set; } = [];

    /// <summary>Results of aggregates, once all rows are seen.</summary>
    public SqlValue[] Aggregates { get; set; } = [];

    /// <summary>now(): the transaction's start, µs since 2000-01-01 UTC.</summary>
    public long TransactionTime { get; set; }

    public long StatementTime { get; set; }
}
