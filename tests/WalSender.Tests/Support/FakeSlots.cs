using Pgrepl.Shared;
using Pgrepl.Wal;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>Slots without files.</summary>
internal sealed class FakeSlots : ISlotHost
{
    private readonly List<SlotRow> _all = [];

    public IReadOnlyList<SlotRow> All() => [.. _all]; // as it is now

    public Lsn? Create(string name, bool immediatelyReserve, bool temporary)
    {
        Pgrepl.Shared.Storage.ReplicationSlotName.Validate(name);
        if (_all.Exists(slot => slot.Name == name))
            throw new PgException(SqlStates.DuplicateObject, $"replication slot \"{name}\" already exists");
        Lsn restart = immediatelyReserve ? new Lsn(0x1000028) : Lsn.Invalid;
        _all.Add(new SlotRow(name, temporary, temporary ? 4711 : null, restart, immediatelyReserve ? "reserved" : null, null));
        return immediatelyReserve ? restart : null;
    }

    public void Drop(string name)
    {
        if (_all.RemoveAll(slot => slot.Name == name) == 0)
            throw new PgException(SqlStates.UndefinedObject, $"replication slot \"{name}\" does not exist");
    }
}
