using System.Text;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

// For whoever looks at a node from outside.
public sealed partial class ReplicationSlots
{
    /// <summary>All slots for whoever may not take the lock: a segment that is mapped to be read alone. Each is as it was at one moment, or left out when it never came to rest.</summary>
    /// <param name="required">As <see cref="RequiredLsn"/>.</param>
    public IReadOnlyList<ReplicationSlotView> Peek(out Lsn required)
    {
        const int Attempts = 3;
        List<ReplicationSlotView> views = [];
        foreach (ReplicationSlot slot in _all)
        {
            ReplicationSlotView? before = Look(slot), again = Look(slot);
            for (int attempt = 1; before != again && attempt < Attempts; attempt++)
                (before, again) = (again, Look(slot));
            if (before == again && before is { } view)
                views.Add(view);
        }
        required = RequiredLsnLocked(); // atomics; a position that moves meanwhile is taken as it was or as it is
        return views;
    }

    private static ReplicationSlotView? Look(ReplicationSlot slot)
    {
        if (!slot.IsInUse)
            return null;
        ReadOnlySpan<byte> name = slot.NameBytes;
        int end = name.IndexOf((byte)0);
        return new(Encoding.UTF8.GetString(end < 0 ? name : name[..end]), (ReplicationSlotPersistency)slot.Persistency.Value, slot.ActivePid.Value, slot.RestartLsn.Value,
            slot.InvalidatedAt.Value, slot.SavedRestartLsn.Value, new((ulong)slot.Xmin.Value), new((ulong)slot.CatalogXmin.Value));
    }
}
