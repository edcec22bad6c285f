using System.Globalization;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Settings as a session sees them: the host's, with what a transaction is (<see cref="TransactionModes"/>) in their places.</summary>
internal sealed class SqlSettings(ISqlHost host)
{
    private readonly TransactionModes _modes = new(host);
    private bool _changedInTransaction;
    private TextStyle? _style;

    /// <summary>Something may have changed since parameters were last reported to the client.</summary>
    public bool MayHaveChanged { get; set; }

    /// <summary>How values are written, and times read: TimeZone, bytea_output, extra_float_digits.</summary>
    public TextStyle Style => _style ??= new TextStyle(SqlTimeZone.Find(host.ShowSetting("TimeZone")), host.ShowSetting("bytea_output") == "escape",
        Math.Max(1 - int.Parse(host.ShowSetting("extra_float_digits"), CultureInfo.InvariantCulture), 0));

    public string Show(string name) => TransactionModes.Has(name) ? _modes.Show(name) : host.ShowSetting(name);

    /// <summary>Every setting, as SHOW ALL and pg_settings list them.</summary>
    public IEnumerable<SettingRow> All() => host.AllSettings().Select(row => TransactionModes.Has(row.Name) && _modes.Show(row.Name) is var value ? row with { Shown = value, Setting = value } : row);

    /// <param name="value">null: back to the default.</param>
    public void Set(string name, string? value, bool local)
    {
        if (TransactionModes.Has(name))
        {
            _modes.Set(name, value);
            return;
        }
        Changing();
        host.SetSetting(name, value, local);
    }

    public void ResetAll()
    {
        Changing();
        host.ResetAllSettings();
    }

    /// <summary>The host has changed settings by itself: a reload, a savepoint gone back to.</summary>
    public void HasChanged()
    {
        MayHaveChanged = true;
        _style = null;
    }

    /// <summary>There is a savepoint: the transaction's modes are fixed.</summary>
    public bool InSubtransaction
    {
        set => _modes.InSubtransaction = value;
    }

    public object SaveModes() => _modes.Save();

    /// <summary>Back to a savepoint; the host's settings are back already.</summary>
    public void RestoreModes(object saved)
    {
        _modes.Restore(saved);
        HasChanged();
    }

    /// <summary>A query has run: from now on the transaction is what it is.</summary>
    public void QueryBegins() => _modes.QueryBegins();

    /// <summary>A transaction has ended; what it changed may be undone.</summary>
    public void EndTransaction()
    {
        _modes.EndTransaction();
        if (_changedInTransaction)
            HasChanged();
        _changedInTransaction = false;
    }

    private void Changing()
    {
        _modes.Fix(); // the transaction keeps the defaults that it began with
        HasChanged();
        _changedInTransaction = true;
    }
}
