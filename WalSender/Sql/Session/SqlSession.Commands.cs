using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Statements without rows.</summary>
internal sealed partial class SqlSession
{
    /// <param name="alone">The only statement of its message.</param>
    /// <returns>Another tag than the statement's own.</returns>
    private string? RunCommand(Statement statement, bool alone)
    {
        switch (statement)
        {
            case TransactionStatement transaction:
                return Run(transaction);
            case SavepointStatement savepoint:
                Run(savepoint);
                break;
            case SetStatement set:
                if (set.IsList && set.Name is not ("search_path" or "datestyle"))
                    throw new PgException(SqlStates.InvalidParameterValue, $"SET {set.Name} takes only one argument");
                if (set.Local)
                    WarnOutsideBlock("SET LOCAL", alone);
                if (set is { Value: null, Name: "transaction_isolation" })
                    WarnOutsideBlock("RESET TRANSACTION", alone);
                _settings.Set(set.Name, set.Value, set.Local);
                break;
            case SetTransactionStatement set:
                if (set.Local)
                    WarnOutsideBlock("SET TRANSACTION", alone);
                Set(set.Settings, set.Local);
                break;
            case ResetAllStatement:
                _settings.ResetAll();
                break;
            case DiscardStatement { What: "ALL" }:
                if (_block != Block.None || !alone)
                    throw new PgException(SqlErrors.ActiveSqlTransaction, "DISCARD ALL cannot run inside a transaction block");
                ClosePortals();
                _statements.Clear();
                _unnamed = null;
                _settings.ResetAll();
                break;
            case DeallocateStatement { Name: null }:
                _statements.Clear();
                break;
            case DeallocateStatement { Name: { } name }:
                if (!_statements.Remove(name))
                    throw NoStatement(name);
                break;
            case EmptyStatement { ClosesPortals: true }:
                ClosePortals();
                break;
        }
        return null;
    }

    /// <summary>Several statements in one message are a block as well.</summary>
    private void WarnOutsideBlock(string statement, bool alone)
    {
        if (_block == Block.None && alone)
            Warn(SqlStates.NoActiveSqlTransaction, $"{statement} can only be used in transaction blocks");
    }

    private void Set(IReadOnlyList<KeyValuePair<string, string>> settings, bool local)
    {
        foreach ((string name, string value) in settings)
            _settings.Set(name, value, local);
    }

    private void ClosePortals()
    {
        _portals.Clear();
        _unnamedPortalIsOpen = false;
    }
}
