using Pgrepl.Shared.Config;
using Pgrepl.Shared.Node;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Node;

public sealed class WalRetentionTests
{
    private const int Segment = 1 << 20;

    private static Lsn At(ulong segment) => new(segment * Segment + 100);

    private static WalRetention Retention(int keep = 0, int slotKeep = -1, int max = 4) => new(Segment, (long)keep * Segment, slotKeep < 0 ? -1 : (long)slotKeep * Segment, (long)max * Segment);

    [TestCase(5, 9, 0, -1, 0, 5, Description = "redo alone")]
    [TestCase(5, 9, 2, -1, 0, 5, Description = "wal_keep_size within redo")]
    [TestCase(5, 9, 6, -1, 0, 3, Description = "wal_keep_size beyond redo")]
    [TestCase(5, 9, 64, -1, 0, 1, Description = "more than there ever was")]
    [TestCase(5, 9, 0, -1, 3, 3, Description = "a slot")]
    [TestCase(5, 9, 0, -1, 7, 5, Description = "a slot after redo")]
    [TestCase(5, 9, 0, 8, 3, 3, Description = "a slot within the limit")]
    [TestCase(8, 9, 0, 4, 3, 5, Description = "a slot beyond the limit")]
    [TestCase(8, 9, 0, 0, 3, 8, Description = "a limit of nothing")]
    [TestCase(8, 9, 6, 4, 1, 3, Description = "wal_keep_size above the slots' limit")]
    [TestCase(8, 9, 0, -1, 12, 8, Description = "a slot beyond the end")]
    public void The_first_segment_to_keep(int redo, int end, int keep, int slotKeep, int slot, int first) =>
        Assert.That(Retention(keep, slotKeep).FirstToKeep(At((ulong)redo), At((ulong)end), slot == 0 ? Lsn.Invalid : At((ulong)slot)), Is.EqualTo((ulong)first));

    [Test]
    public void What_a_relay_keeps_for_anybody_is_kept_for_slots_too()
    {
        WalRetention retention = Retention(slotKeep: 2) with { KeepFrom = 4 };
        Assert.That(retention.FirstToKeep(At(8), At(9), At(1)), Is.EqualTo(4UL));
        Assert.That(retention.Availability(At(4), At(9), At(1), lastRemoved: 3), Is.EqualTo(WalAvailability.Reserved));
        Assert.That(retention.Availability(At(3), At(9), At(1), lastRemoved: 3), Is.EqualTo(WalAvailability.Lost));
    }

    [TestCase(0, WalAvailability.None)]
    [TestCase(20, WalAvailability.Reserved)]
    [TestCase(15, WalAvailability.Reserved, Description = "max_wal_size and one before the end")]
    [TestCase(14, WalAvailability.Extended)]
    [TestCase(10, WalAvailability.Extended)]
    [TestCase(9, WalAvailability.Unreserved)]
    [TestCase(7, WalAvailability.Unreserved)]
    [TestCase(6, WalAvailability.Lost)]
    public void A_positions_wal_is_kept_or_not(int segment, WalAvailability expected) =>
        Assert.That(Retention(slotKeep: 10).Availability(segment == 0 ? Lsn.Invalid : At((ulong)segment), At(20), slots: At(3), lastRemoved: 6), Is.EqualTo(expected));

    [Test]
    public void Safe_bytes_count_to_the_end_of_the_last_segment_that_may_be_kept()
    {
        Assert.That(Retention().SafeBytes(At(3), At(9)), Is.Null);
        Assert.That(Retention(slotKeep: 10).SafeBytes(At(3), At(9)), Is.EqualTo(14 * Segment - (9 * Segment + 100)));
        Assert.That(Retention(keep: 12, slotKeep: 10).SafeBytes(At(3), At(9)), Is.EqualTo(16 * Segment - (9 * Segment + 100)));
        Assert.That(Retention(slotKeep: 1).SafeBytes(At(3), At(9)), Is.Negative);
    }

    [Test]
    public void Settings_say_how_much()
    {
        SettingValues settings = SettingValues.Defaults;
        Assert.That(WalRetention.Of(settings, Segment), Is.EqualTo(new WalRetention(Segment, 0, -1, 1L << 30)));
        Assert.That(WalRetention.Of(settings.With("max_slot_wal_keep_size", "3MB", SettingSource.CommandLine), Segment).SlotKeepBytes, Is.EqualTo(3 << 20));
    }
}
