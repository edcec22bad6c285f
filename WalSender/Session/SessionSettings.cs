using Pgrepl.Shared;
using Pgrepl.Shared.Config;

namespace Pgrepl.WalSender.Session;

/// <summary>The settings of one session: the node's, then the start-up packet's and SET's, then SET LOCAL's until the transaction ends.</summary>
/// <remarks>Answers to GUC nesting, PostgreSQL 15, src/backend/utils/misc/guc.c.</remarks>
internal sealed class SessionSettings(SettingValues node)
{
    private Dictionary<string, (string Value, SettingSource Source)> _own = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, string> _local = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, (string Value, SettingSource Source)>? _atBegin;
    private SettingValues _node = node;

    public SettingValues Values { get; private set; } = node;

    /// <summary>The node reloaded its configuration.</summary>
    public void Rebase(SettingValues changed)
    {
        _node = changed;
        Recompute();
    }

    public void Begin() => _atBegin = new(_own, _own.Comparer);

    public void Commit()
    {
        _atBegin = null;
        EndLocal();
    }

    public void Rollback()
    {
        if (_atBegin is not null)
            _own = _atBegin;
        _atBegin = null;
        _local.Clear();
        Recompute();
    }

    /// <param name="value">Null: back to the default.</param>
    /// <exception cref="PgException">42704, 22023, or 55P02: not to be changed here.</exception>
    public void Set(string name, string? value, bool local, SettingSource source)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        const string CannotChangeNow = "55P02";
        switch (definition.Context)
        {
            case SettingContext.Internal:
                throw new PgException(CannotChangeNow, $"parameter \"{definition.Name}\" cannot be changed");
            case SettingContext.Postmaster:
                throw new PgException(CannotChangeNow, $"parameter \"{definition.Name}\" cannot be changed without restarting the server");
            case SettingContext.Sighup:
                throw new PgException(CannotChangeNow, $"parameter \"{definition.Name}\" cannot be changed now");
        }
        if (value is not null)
            _ = SettingsTable.Normalise(definition, value);
        _local.Remove(definition.Name);
        if (value is null)
            _own.Remove(definition.Name);
        else if (local)
            _local[definition.Name] = value;
        else
            _own[definition.Name] = (value, source);
        Recompute();
    }

    public void ResetAll()
    {
        foreach (string name in _own.Where(o => o.Value.Source != SettingSource.Client).Select(o => o.Key).ToArray())
            _own.Remove(name);
        EndLocal();
        Recompute();
    }

    private void EndLocal()
    {
        if (_local.Count == 0)
            return;
        _local.Clear();
        Recompute();
    }

    private void Recompute()
    {
        SettingValues values = _node;
        foreach ((string name, (string value, SettingSource source)) in _own)
            values = values.With(name, value, source);
        foreach ((string name, string value) in _local)
            values = values.With(name, value, SettingSource.Session);
        Values = values;
    }
}
