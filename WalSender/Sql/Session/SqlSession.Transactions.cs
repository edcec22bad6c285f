using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>Transactions: implicit ones, blocks, failed blocks.</summary>
/// <remarks>Source of truth: the TBLOCK states of PostgreSQL 15, src/backend/access/transam/xact.c.</remarks>
internal sealed partial class SqlSession
{
    private enum Block
    {
        /// <summary>No BEGIN: statements commit by themselves.</summary>
        None,
        Open,

        /// <summary>After an error: rolled back, it waits for its end; with savepoints it is not rolled back yet, and may go back to one.</summary>
        Failed,
    }

    private Block _block;

    /// <summary>The host has an open transaction.</summary>
    private bool _begun;

    /// <param name="statement">A SELECT takes a snapshot in PostgreSQL, after which a transaction's modes are fixed.</param>
    private void StartStatement(Statement? statement = null)
    {
        _host.StatementBegins();
        _host.CheckForInterrupts();
        _context.StatementTime = SqlTimestamp.Now();
        if (statement is SelectStatement)
            _settings.QueryBegins();
        if (_begun || _block == Block.Failed)
            return;
        _host.BeginTransaction();
        _begun = true;
        _context.TransactionTime = _context.StatementTime;
    }

    private void RefuseInFailedBlock(Statement? statement)
    {
        if (_block == Block.Failed && statement is { EndsTransaction: false })
            throw SqlErrors.InFailedTransaction();
    }

    /// <exception cref="PgException">It is not committed; the caller's error path rolls back.</exception>
    private void CommitTransaction()
    {
        _block = Block.None; // a commit that fails leaves no failed block behind
        _host.StatementEnds();
        if (!_begun)
            return;
        Notice? notice = _host.CommitTransaction();
        _begun = false;
        EndOfTransaction();
        if (notice is not null)
            Tell(notice);
    }

    private void RollbackTransaction()
    {
        if (_begun)
            _host.RollbackTransaction();
        _begun = false;
        _block = Block.None;
        EndOfTransaction();
    }

    private void AbortTransaction()
    {
        bool inBlock = _block != Block.None;
        if (inBlock && _savepoints.Count > 0)
            ClosePortalsOf(_savepoints.Count); // there is a way back: the transaction stays as it is
        else if (_begun || inBlock)
            RollbackTransaction();
        _block = inBlock ? Block.Failed : Block.None;
    }

    private void EndOfTransaction()
    {
        _portals.Clear();
        _unnamedPortalIsOpen = false;
        _savepoints.Clear();
        _settings.EndTransaction();
    }

    /// <returns>Another tag than the statement's own: COMMIT of a failed block says ROLLBACK.</returns>
    private string? Run(TransactionStatement statement)
    {
        if (statement.Verb == TransactionVerb.Begin)
        {
            if (_block == Block.Open)
                Warn(SqlErrors.ActiveSqlTransaction, "there is already a transaction in progress");
            _block = Block.Open;
            Set(statement.Settings, local: true);
            return null;
        }
        if (_block == Block.None)
        {
            if (statement.Chain)
                throw new PgException(SqlStates.NoActiveSqlTransaction, $"{statement.Tag} AND CHAIN can only be used in transaction blocks");
            Warn(SqlStates.NoActiveSqlTransaction, "there is no transaction in progress");
        }
        bool failed = _block == Block.Failed;
        object modes = _settings.SaveModes();
        if (statement.Verb == TransactionVerb.Commit && !failed)
            CommitTransaction();
        else
            RollbackTransaction();
        if (statement.Chain)
        {
            StartStatement();
            _settings.RestoreModes(modes);
            _block = Block.Open;
        }
        return failed ? "ROLLBACK" : null;
    }
}
