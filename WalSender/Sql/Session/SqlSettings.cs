using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Settings as a session sees them: the host's, and the isolation level, which on this node is a word and nothing more.</summary>
internal sealed class SqlSettings(ISqlHost host)
{
    private const string DefaultIsolation = "read committed";

    private string _isolation = DefaultIsolation;
    private bool _changedInTransaction;

    /// <summary>Something may have changed since parameters were last reported to the client.</summary>
    public bool MayHaveChanged { get; set; }

    public string Show(string name) => IsIsolation(name) ? _isolation : host.ShowSetting(name);

    /// <param name="value">null: back to the default.</param>
    public void Set(string name, string? value, bool local)
    {
        if (IsIsolation(name))
        {
            string level = (value ?? DefaultIsolation).ToLowerInvariant();
            _isolation = level is "serializable" or "repeatable read" or "read committed" or "read uncommitted"
                ? level
                : throw new PgException(SqlStates.InvalidParameterValue, $"invalid value for parameter \"{name}\": \"{value}\"",
                    hint: "Available values: serializable, repeatable read, read committed, read uncommitted.");
            return;
        }
        if (value is not null && name.Equals("client_encoding", StringComparison.OrdinalIgnoreCase))
            CheckEncoding(value);
        MayHaveChanged = _changedInTransaction = true;
        host.SetSetting(name, value, local);
    }

    public void ResetAll()
    {
        MayHaveChanged = _changedInTransaction = true;
        host.ResetAllSettings();
    }

    /// <summary>A transaction has ended; what it changed may be undone.</summary>
    public void EndTransaction()
    {
        _isolation = DefaultIsolation;
        MayHaveChanged |= _changedInTransaction;
        _changedInTransaction = false;
    }

    private static bool IsIsolation(string name) => name.Equals("transaction_isolation", StringComparison.OrdinalIgnoreCase);

    /// <summary>Everything we send is UTF-8.</summary>
    private static void CheckEncoding(string value)
    {
        string plain = string.Concat(value.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        if (plain is not ("UTF8" or "UNICODE" or "SQLASCII"))
            throw SqlErrors.NotSupported($"conversion between {value} and UTF8 is not supported", "Use client_encoding UTF8.");
    }
}
