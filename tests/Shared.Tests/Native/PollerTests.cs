using System.Diagnostics;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

public sealed class PollerTests
{
    private readonly List<int> _open = [];
    private readonly Poller _poller = new();

    [TearDown]
    public void CloseAll()
    {
        _open.ForEach(Descriptors.Close);
        _open.Clear();
        _poller.Clear();
    }

    [Test]
    public void What_is_ready_is_found_at_its_own_index()
    {
        int[] events = [.. Enumerable.Range(0, 40).Select(_ => Event())]; // more than it has room for at first
        int[] entries = [.. events.Select(descriptor => _poller.Add(descriptor, PollEvents.Readable))];
        Descriptors.SignalEvent(events[3]);
        Descriptors.SignalEvent(events[39]);
        Assert.That(_poller.Wait(0), Is.EqualTo(2));
        Assert.That(entries.Where(entry => _poller.Found(entry) != 0), Is.EqualTo(new[] { 3, 39 }));

        Descriptors.DrainEvent(events[3]);
        Assert.That(_poller.Wait(0), Is.EqualTo(1));
        Assert.That(_poller.Found(3), Is.EqualTo(PollEvents.None), "an old find is forgotten");
    }

    [Test]
    public void A_negative_descriptor_is_skipped()
    {
        int entry = _poller.Add(-1, PollEvents.Readable);
        Assert.That(_poller.Wait(0), Is.Zero);
        Assert.That(_poller.Found(entry), Is.EqualTo(PollEvents.None));
    }

    [Test]
    public void It_waits_no_longer_than_told_and_not_shorter()
    {
        _poller.Add(Event(), PollEvents.Readable);
        Stopwatch waited = Stopwatch.StartNew();
        Assert.That(_poller.Wait(50), Is.Zero);
        Assert.That(waited.ElapsedMilliseconds, Is.InRange(49, 30_000));
    }

    [Test]
    public void An_entry_can_be_changed_in_place()
    {
        int silent = Event(), ready = Event();
        Descriptors.SignalEvent(ready);
        int entry = _poller.Add(silent, PollEvents.Readable);
        _poller.Set(entry, ready, PollEvents.Readable | PollEvents.Writable);
        Assert.That(_poller.Wait(0), Is.EqualTo(1));
        Assert.That(_poller.Found(entry), Is.EqualTo(PollEvents.Readable | PollEvents.Writable));
    }

    [Test]
    public void The_end_of_a_peer_is_found_even_when_nothing_was_asked_for()
    {
        (int ours, int theirs) = SocketCalls.CreatePair();
        _open.Add(ours);
        int entry = _poller.Add(ours, PollEvents.None);
        Assert.That(_poller.Wait(0), Is.Zero);
        Descriptors.Close(theirs);
        Assert.That(_poller.Wait(30_000), Is.EqualTo(1));
        Assert.That(_poller.Found(entry) & PollEvents.HangUp, Is.EqualTo(PollEvents.HangUp));
    }

    [Test]
    public void Entries_from_an_index_on_can_be_forgotten()
    {
        int first = Event(), second = Event();
        _poller.Add(first, PollEvents.Readable);
        _poller.Add(second, PollEvents.Readable);
        Descriptors.SignalEvent(second);
        _poller.Clear(from: 1);
        Assert.That(_poller.Count, Is.EqualTo(1));
        Assert.That(_poller.Wait(0), Is.Zero);
    }

    private int Event()
    {
        int descriptor = Descriptors.CreateEvent();
        _open.Add(descriptor);
        return descriptor;
    }
}
