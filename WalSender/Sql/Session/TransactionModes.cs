using Pgrepl.Shared;
using Pgrepl.Shared.Config;

namespace Pgrepl.WalSender.Sql;

/// <summary>What the open transaction is: transaction_isolation, transaction_read_only, transaction_deferrable. Outside of one, what the next would be.</summary>
/// <remarks>Source of truth: check_XactIsoLevel and its neighbours, PostgreSQL 15, src/backend/commands/variable.c. Read-only forbids nothing here, as there:
/// messages, segment switches and slots are no writes to tables. Nothing here sees a snapshot, so the level is a word.</remarks>
internal sealed class TransactionModes(ISqlHost host)
{
    private const string Isolation = "transaction_isolation";
    private const string ReadOnly = "transaction_read_only";
    private const string Deferrable = "transaction_deferrable";

    private string? _isolation;
    private string? _readOnly;
    private string? _deferrable;
    private bool _queryRan;

    public bool InSubtransaction { get; set; }

    public static bool Has(string name) => Is(name, Isolation) || Is(name, ReadOnly) || Is(name, Deferrable);

    public string Show(string name)
    {
        if (Is(name, Isolation))
            return _isolation ?? host.ShowSetting("default_transaction_isolation");
        if (Is(name, Deferrable))
            return _deferrable ?? host.ShowSetting("default_transaction_deferrable");
        return _readOnly ?? (host.IsInRecovery() ? "on" : host.ShowSetting("default_transaction_read_only"));
    }

    /// <param name="value">null: PostgreSQL's own default, which is never refused.</param>
    /// <exception cref="PgException">25001: too late; 0A000: not while in recovery; 22023: no such value.</exception>
    public void Set(string name, string? value)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        string wanted = SettingsTable.Normalise(definition, value ?? definition.Default);
        if (Is(name, Isolation))
            _isolation = value is null || wanted == Show(Isolation) ? wanted : NewIsolation(wanted);
        else if (Is(name, Deferrable))
            _deferrable = value is null ? wanted : NewDeferrable(wanted);
        else
            _readOnly = value is null || wanted == "on" || Show(ReadOnly) == "off" ? wanted : ReadWrite();
    }

    /// <summary>What is not set is what the defaults say now.</summary>
    public void Fix() => (_isolation, _readOnly, _deferrable) = (Show(Isolation), Show(ReadOnly), Show(Deferrable));

    public object Save() => (_isolation, _readOnly, _deferrable);

    public void Restore(object saved) => (_isolation, _readOnly, _deferrable) = ((string?, string?, string?))saved;

    public void QueryBegins() => _queryRan = true;

    public void EndTransaction()
    {
        _isolation = _readOnly = _deferrable = null;
        _queryRan = InSubtransaction = false;
    }

    private string NewIsolation(string level)
    {
        if (_queryRan)
            throw TooLate("SET TRANSACTION ISOLATION LEVEL must be called before any query");
        if (InSubtransaction)
            throw TooLate("SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
        return level == "serializable" && host.IsInRecovery()
            ? throw SqlErrors.NotSupported("cannot use serializable mode in a hot standby", "You can use REPEATABLE READ instead.")
            : level;
    }

    private string NewDeferrable(string wanted)
    {
        if (InSubtransaction)
            throw TooLate("SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
        return _queryRan ? throw TooLate("SET TRANSACTION [NOT] DEFERRABLE must be called before any query") : wanted;
    }

    private string ReadWrite()
    {
        if (InSubtransaction)
            throw TooLate("cannot set transaction read-write mode inside a read-only transaction");
        if (_queryRan)
            throw TooLate("transaction read-write mode must be set before any query");
        return host.IsInRecovery() ? throw new PgException(SqlStates.FeatureNotSupported, "cannot set transaction read-write mode during recovery") : "off";
    }

    private static PgException TooLate(string message) => new(SqlErrors.ActiveSqlTransaction, message);

    private static bool Is(string name, string mode) => name.Equals(mode, StringComparison.OrdinalIgnoreCase);
}
