using System.Collections.Immutable;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;

namespace Pgrepl.WalSender.Session;

/// <summary>The settings of one session: the node's, the start-up packet's, then SET's, then SET LOCAL's until the transaction ends.</summary>
/// <remarks>Answers to GUC nesting, PostgreSQL 15, src/backend/utils/misc/guc.c. A state is never changed, only replaced: to begin a transaction copies nothing.</remarks>
internal sealed class SessionSettings(SettingValues node)
{
    private static readonly ImmutableDictionary<string, string> None = ImmutableDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    private ImmutableDictionary<string, string> _client = None;
    private SettingValues _base = node;
    private State _state = new(None, None, node);
    private State? _atBegin;

    public SettingValues Values => _state.Values;

    /// <summary>Called when values may have changed.</summary>
    public Action? OnChange { get; set; }

    /// <summary>What RESET goes back to.</summary>
    public SettingValues ResetValues => _base;

    /// <summary>The node reloaded its configuration.</summary>
    public void Rebase(SettingValues changed)
    {
        _base = With(changed, _client, SettingSource.Client);
        if (_atBegin is { } begin)
            _atBegin = Computed(begin.Own, begin.Local);
        Change(Computed(_state.Own, _state.Local));
    }

    public void Begin() => _atBegin = _state;

    public void Commit()
    {
        _atBegin = null;
        if (!_state.Local.IsEmpty)
            Change(Computed(_state.Own, None));
    }

    public void Rollback()
    {
        State? begin = _atBegin;
        _atBegin = null;
        if (begin is not null && !ReferenceEquals(begin, _state))
            Change(begin);
    }

    /// <summary>What a savepoint remembers.</summary>
    public object Save() => _state;

    /// <param name="saved">What <see cref="Save"/> gave in this transaction.</param>
    public void Restore(object saved)
    {
        var state = (State)saved;
        if (!ReferenceEquals(state, _state))
            Change(Computed(state.Own, state.Local)); // a reload may have come between
    }

    /// <summary>A setting of the start-up packet.</summary>
    /// <exception cref="PgException">42704, 22023, or 55P02: not to be changed here.</exception>
    public void SetFromClient(string name, string value)
    {
        SettingDefinition definition = Changeable(name);
        _base = _base.With(definition.Name, value, SettingSource.Client);
        _client = _client.SetItem(definition.Name, value);
        Change(Computed(_state.Own, _state.Local));
    }

    /// <param name="value">Null: back to the default.</param>
    /// <exception cref="PgException">42704, 22023, or 55P02: not to be changed here.</exception>
    public void Set(string name, string? value, bool local)
    {
        SettingDefinition definition = Changeable(name);
        if (value is not null)
            _ = SettingsTable.Normalise(definition, value);
        else if (local)
            value = _base[definition.Name]; // until the transaction ends
        ImmutableDictionary<string, string> own = _state.Own, others = _state.Local.Remove(definition.Name);
        Change(value is null ? Computed(own.Remove(definition.Name), others)
            : local ? Computed(own, others.SetItem(definition.Name, value))
            : Computed(own.SetItem(definition.Name, value), others));
    }

    public void ResetAll() => Change(Computed(None, None));

    private static SettingDefinition Changeable(string name)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        const string CannotChangeNow = "55P02";
        return definition.Context switch
        {
            SettingContext.Internal => throw new PgException(CannotChangeNow, $"parameter \"{definition.Name}\" cannot be changed"),
            SettingContext.Postmaster => throw new PgException(CannotChangeNow, $"parameter \"{definition.Name}\" cannot be changed without restarting the server"),
            SettingContext.Sighup => throw new PgException(CannotChangeNow, $"parameter \"{definition.Name}\" cannot be changed now"),
            _ => definition,
        };
    }

    private State Computed(ImmutableDictionary<string, string> own, ImmutableDictionary<string, string> local) =>
        new(own, local, With(With(_base, own, SettingSource.Session), local, SettingSource.Session));

    private static SettingValues With(SettingValues values, ImmutableDictionary<string, string> changes, SettingSource source)
    {
        foreach ((string name, string value) in changes)
            values = values.With(name, value, source);
        return values;
    }

    private void Change(State state)
    {
        _state = state;
        OnChange?.Invoke();
    }

    /// <param name="Own">SET's values.</param>
    /// <param name="Local">SET LOCAL's, which win.</param>
    private sealed record State(ImmutableDictionary<string, string> Own, ImmutableDictionary<string, string> Local, SettingValues Values);
}
