using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>SAVEPOINT, RELEASE, ROLLBACK TO.</summary>
/// <remarks>
/// Source of truth: DefineSavepoint and its neighbours, PostgreSQL 15, src/backend/access/transam/xact.c. A savepoint here has no transaction id of its own:
/// settings, portals and the failed state go back to it, but a message that was written after it cannot be taken back alone.
/// </remarks>
internal sealed partial class SqlSession
{
    private const string NoSuchSavepoint = "3B001";

    private readonly List<Savepoint> _savepoints = [];

    /// <param name="Messages">Transactional messages that the transaction had written.</param>
    private sealed record Savepoint(string Name, object Settings, object Modes, int Messages);

    private void Run(SavepointStatement statement)
    {
        if (_block == Block.None)
            throw new PgException(SqlStates.NoActiveSqlTransaction, $"{statement.LongName} can only be used in transaction blocks");
        if (statement.Verb == SavepointVerb.Define)
        {
            if (_savepoints.Count == SqlLimits.MaxPrepared)
                throw new PgException(SqlStates.ProgramLimitExceeded, $"cannot have more than {SqlLimits.MaxPrepared} savepoints");
            _savepoints.Add(new Savepoint(statement.Name, _host.SaveSettings(), _settings.SaveModes(), _host.MessagesInTransaction));
        }
        else
        {
            int index = _savepoints.FindLastIndex(savepoint => savepoint.Name == statement.Name);
            if (index < 0)
                throw new PgException(NoSuchSavepoint, $"savepoint \"{statement.Name}\" does not exist");
            if (statement.Verb == SavepointVerb.RollbackTo)
                GoBackTo(index);
            else
                _savepoints.RemoveRange(index, _savepoints.Count - index);
        }
        _settings.InSubtransaction = _savepoints.Count > 0;
    }

    private void GoBackTo(int index)
    {
        Savepoint savepoint = _savepoints[index];
        if (_host.MessagesInTransaction > savepoint.Messages)
            throw SqlErrors.NotSupported($"cannot roll back to savepoint \"{savepoint.Name}\": a transactional message was written after it",
                "Roll back the whole transaction, or write messages outside of savepoints that may be rolled back.");
        _savepoints.RemoveRange(index + 1, _savepoints.Count - index - 1);
        ClosePortalsOf(index + 1);
        _host.RestoreSettings(savepoint.Settings);
        _settings.RestoreModes(savepoint.Modes);
        _block = Block.Open;
    }

    /// <summary>Portals that were opened when there were so many savepoints, or more.</summary>
    private void ClosePortalsOf(int savepoints)
    {
        foreach (string name in _portals.Where(open => open.Value.Savepoints >= savepoints).Select(open => open.Key).ToArray())
            _portals.Remove(name);
        _unnamedPortalIsOpen = false;
    }
}
