using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>A latch wakes who sleeps on it, every time.</summary>
public sealed class LatchTests
{
    private const int Rounds = 100_000;

    private SharedSegment _segment = null!;
    private int[] _events = [];

    [SetUp]
    public void MakeSegment()
    {
        _segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        _events = [.. Enumerable.Range(0, 4).Select(_ => Descriptors.CreateEvent())];
    }

    [TearDown]
    public void CloseAll()
    {
        Array.ForEach(_events, Descriptors.Close);
        Descriptors.Close(_segment.Memory.Descriptor);
    }

    [Test, CancelAfter(120_000)]
    public void No_wake_up_is_lost()
    {
        // Two sides throw a ball 100 000 times; whoever misses it sleeps until the wait's own limit, which is an error.
        SharedInt64 ball = new(_segment.Memory, 16); // any cell does: the segment's generation
        Action side(int slot) => () =>
        {
            Latch mine = Of(slot), other = Of(1 - slot);
            Poller poller = new();
            poller.Add(mine.Descriptor, PollEvents.Readable);
            for (long turn = slot; turn < Rounds; turn += 2)
            {
                Wait(mine, poller, () => ball.Value == turn);
                ball.Value = turn + 1;
                other.Set();
            }
        };
        ball.Value = 0;
        Crowd.Run(side(0), side(1));
        Assert.That(ball.Value, Is.EqualTo(Rounds));
    }

    [Test]
    public void A_set_latch_keeps_its_owner_from_sleeping()
    {
        Latch latch = Of(0);
        latch.Set();
        Assert.That(latch.IsSet, Is.True);
        Assert.That(latch.PrepareToSleep(), Is.False);
        latch.Woke(eventReadable: false);
        latch.Reset();
        Assert.That(latch.PrepareToSleep(), Is.True);
    }

    [Test]
    public void An_owner_that_is_awake_costs_no_system_call()
    {
        Latch latch = Of(0);
        latch.Set();
        Assert.That(IsReadable(latch), Is.False, "no write(2) while nobody sleeps");
        latch.Reset();
        latch.PrepareToSleep();
        latch.Set();
        latch.Set();
        Assert.That(IsReadable(latch), Is.True);
        latch.Woke(eventReadable: true);
        Assert.That(IsReadable(latch), Is.False);
        Assert.That(latch.IsSet, Is.True, "the flag stays until its owner resets it");
    }

    [Test]
    public void A_latch_is_its_slots_alone()
    {
        Of(1).Set();
        Assert.That(Of(0).IsSet, Is.False);
        Assert.That(Of(1).IsSet, Is.True);
        _segment.Slots[1].Clear();
        Assert.That(Of(1).IsSet, Is.False);
    }

    private Latch Of(int slot) => new(_segment.Slots[slot], _events[slot]);

    /// <summary>The owner's loop: Reset, look for work, wait.</summary>
    private static void Wait(Latch latch, Poller poller, Func<bool> work)
    {
        while (true)
        {
            latch.Reset();
            if (work())
                return;
            bool maySleep = latch.PrepareToSleep();
            int found = poller.Wait(maySleep ? 20_000 : 0);
            latch.Woke(found > 0);
            if (maySleep && found == 0)
                throw new InvalidOperationException("a wake-up was lost");
        }
    }

    private static bool IsReadable(Latch latch)
    {
        Poller poller = new();
        poller.Add(latch.Descriptor, PollEvents.Readable);
        return poller.Wait(0) > 0;
    }
}
