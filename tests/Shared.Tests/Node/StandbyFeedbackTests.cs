using System.Runtime.Versioning;
using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Node;

[SupportedOSPlatform("linux")]
public sealed class StandbyFeedbackTests
{
    private const ulong Epoch = 1UL << 32;

    [Test]
    public void The_oldest_of_all_streams_and_slots_counts_across_epochs()
    {
        SharedSegment segment = SharedSegment.Create(processSlots: 8, walBufferPages: 8, generation: 1, replicationSlots: 4);
        Assert.That(StandbyFeedback.Of(segment), Is.EqualTo(new StandbyFeedback(0, 0)));
        Stream(segment, 0, 3 * Epoch + 10);
        Stream(segment, 1, 2 * Epoch + 0xFFFF_FFF0);
        Assert.That(StandbyFeedback.Of(segment), Is.EqualTo(new StandbyFeedback(2 * Epoch + 0xFFFF_FFF0, 0)), "though its 32 bits are more");
        ReplicationSlot slot = Slot(segment, "a"), lost = Slot(segment, "lost");
        segment.ReplicationSlots.Hold(slot, 2 * Epoch + 0xFFFF_FF00, 2 * Epoch + 0xFFFF_0000);
        segment.ReplicationSlots.Hold(lost, 2 * Epoch + 5, 2 * Epoch + 5);
        lost.InvalidatedAt.Value = new Lsn(77);
        Assert.That(StandbyFeedback.Of(segment), Is.EqualTo(new StandbyFeedback(2 * Epoch + 0xFFFF_FF00, 2 * Epoch + 0xFFFF_0000)));
        Stream(segment, 0, 0);
        Stream(segment, 1, 0);
        segment.ReplicationSlots.Hold(slot, 0, 0);
        Assert.That(StandbyFeedback.Of(segment), Is.EqualTo(new StandbyFeedback(0, 0)), "withdrawn");
    }

    [Test]
    public void What_a_slots_file_knows_gets_its_epoch_from_anybody_who_tells()
    {
        SharedSegment segment = SharedSegment.Create(processSlots: 8, walBufferPages: 8, generation: 1, replicationSlots: 4);
        ReplicationSlot slot = Slot(segment, "a");
        slot.Xmin.Value = (long)HeldXid.FromFile(0xFFFF_FFF0).Bits;
        Assert.That(StandbyFeedback.Of(segment), Is.Null, "nobody knows: nothing may be withdrawn");
        Stream(segment, 0, 7 * Epoch + 20);
        Assert.That(StandbyFeedback.Of(segment), Is.EqualTo(new StandbyFeedback(6 * Epoch + 0xFFFF_FFF0, 0)));
        Stream(segment, 0, 0);
        segment.Receiver.CheckpointXid.Value = (long)(6 * Epoch + 0xFFFF_FFFF);
        Assert.That(StandbyFeedback.Of(segment), Is.EqualTo(new StandbyFeedback(6 * Epoch + 0xFFFF_FFF0, 0)));
    }

    [TestCase(0UL, 50UL, 50UL, Description = "new")]
    [TestCase(50UL, 0UL, 0UL, Description = "withdrawn")]
    [TestCase(50UL, 60UL, 60UL, Description = "later")]
    [TestCase(60UL, 50UL, 60UL, Description = "not back")]
    [TestCase(Epoch - 5, Epoch + 3, Epoch + 3, Description = "over the end of an epoch")]
    [TestCase(1UL << 63 | 50, 4 * Epoch + 60, 4 * Epoch + 60, Description = "from its file, later")]
    [TestCase(1UL << 63 | 60, 4 * Epoch + 50, 4 * Epoch + 60, Description = "from its file, not back: now its epoch is known")]
    [TestCase(1UL << 63 | 0xFFFF_FFFF, 4 * Epoch + 3, 4 * Epoch + 3, Description = "from its file, of the epoch before")]
    public void A_slot_goes_forward_with_what_its_standby_says(ulong held, ulong said, ulong after) =>
        Assert.That(new HeldXid(held).After(said).Bits, Is.EqualTo(after));

    private static void Stream(SharedSegment segment, int number, ulong xmin) =>
        segment.Slots[SharedSegment.FirstWalSenderSlot + number].FeedbackXmin.Value = (long)xmin;

    private static ReplicationSlot Slot(SharedSegment segment, string name)
    {
        ReplicationSlot slot = segment.ReplicationSlots.Reserve(Encoding.UTF8.GetBytes(name), ReplicationSlotPersistency.Persistent, out _)!;
        segment.ReplicationSlots.Publish(slot, pid: 0);
        return slot;
    }
}
