using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Shared.Tests.Processes;

/// <summary>What ends a child's one wait.</summary>
/// <param name="busyPoll">Microseconds that it looks before it sleeps.</param>
[TestFixture(0)]
[TestFixture(10_000)]
public sealed class EventLoopTests(int busyPoll)
{
    private SharedSegment _segment = null!;
    private Latch _latch = null!;
    private EventLoop _loop = null!;
    private int _event;
    private int _child;
    private int _postmaster;

    [SetUp]
    public void MakeLoop()
    {
        _segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        _event = Descriptors.CreateEvent();
        (_child, _postmaster) = SocketCalls.CreatePair();
        _latch = new Latch(_segment.Slots[0], _event);
        _loop = new EventLoop(_segment, _latch, _child) { BusyPollMicroseconds = busyPoll };
        _latch.Set();
        _loop.Wait(-1); // behind a short wait it looks
        _latch.Reset();
    }

    [TearDown]
    public void CloseAll()
    {
        foreach (int descriptor in (int[])[_event, _child, _postmaster, _segment.Memory.Descriptor])
            Descriptors.Close(descriptor);
    }

    [Test]
    public void Nothing_ends_it_but_its_time() => Assert.That(_loop.Wait(10), Is.EqualTo(WakeEvents.None));

    [Test]
    public void A_latch_set_before_the_wait_ends_it_at_once_until_it_is_reset()
    {
        _latch.Set();
        Assert.That(_loop.Wait(-1), Is.EqualTo(WakeEvents.Latch));
        Assert.That(_loop.Wait(-1), Is.EqualTo(WakeEvents.Latch));
        _latch.Reset();
        Assert.That(_loop.Wait(0), Is.EqualTo(WakeEvents.None));
    }

    [Test]
    public void A_latch_set_by_somebody_else_ends_it()
    {
        Thread other = new(_latch.Set);
        other.Start();
        Assert.That(_loop.Wait(30_000), Is.EqualTo(WakeEvents.Latch));
        other.Join();
    }

    [Test]
    public void A_socket_ends_it_for_what_was_asked()
    {
        (int ours, int theirs) = SocketCalls.CreatePair();
        Assert.That(_loop.Wait(0, ours, PollEvents.Readable), Is.EqualTo(WakeEvents.None));
        Assert.That(_loop.Wait(0, ours, PollEvents.Writable), Is.EqualTo(WakeEvents.SocketWritable));
        SocketCalls.Send(theirs, [1]);
        Assert.That(_loop.Wait(-1, ours, PollEvents.Readable | PollEvents.Writable), Is.EqualTo(WakeEvents.SocketReadable | WakeEvents.SocketWritable));
        Descriptors.Close(theirs);
        Assert.That(_loop.Wait(-1, ours, PollEvents.None), Is.EqualTo(WakeEvents.SocketClosed));
        Descriptors.Close(ours);
    }

    [Test]
    public void A_message_of_the_postmaster_ends_it_only_while_it_is_listened_to()
    {
        SocketCalls.Send(_postmaster, [1]);
        Assert.That(_loop.Wait(0), Is.EqualTo(WakeEvents.None));
        _loop.ListenToPostmaster = true;
        Assert.That(_loop.Wait(-1), Is.EqualTo(WakeEvents.ControlReadable));
    }
}
