using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

/// <summary>Messages, ends and descriptors over a socket pair.</summary>
public sealed class SocketCallsTests
{
    private readonly byte[] _buffer = new byte[64];
    private int _ours;
    private int _theirs;

    [SetUp]
    public void MakePair() => (_ours, _theirs) = SocketCalls.CreatePair();

    [TearDown]
    public void ClosePair()
    {
        Descriptors.Close(_ours);
        Descriptors.Close(_theirs);
    }

    [Test]
    public void A_descriptor_travels_with_its_message()
    {
        int sent = Descriptors.CreateEvent();
        Assert.That(SocketCalls.SendDescriptor(_ours, "hello"u8, sent), Is.True);
        Assert.That(SocketCalls.ReceiveDescriptor(_theirs, _buffer, out int received), Is.EqualTo(5));
        Assert.That(_buffer[..5], Is.EqualTo("hello"u8.ToArray()));
        Assert.That(received, Is.GreaterThan(2).And.Not.EqualTo(sent));

        Descriptors.SignalEvent(received); // the same eventfd under another number
        Poller poller = new();
        poller.Add(sent, PollEvents.Readable);
        Assert.That(poller.Wait(0), Is.EqualTo(1));
        Assert.That(CloseOnExec(received), Is.True, "what we spawn must not inherit a client's socket");
        Descriptors.Close(sent);
        Descriptors.Close(received);
    }

    [Test]
    public void A_message_without_a_descriptor_brings_none()
    {
        Assert.That(SocketCalls.SendDescriptor(_ours, [1, 2, 3], -1), Is.True);
        Assert.That(SocketCalls.ReceiveDescriptor(_theirs, _buffer, out int received), Is.EqualTo(3));
        Assert.That(received, Is.EqualTo(-1));
    }

    [Test]
    public void Messages_keep_their_borders()
    {
        SocketCalls.Send(_ours, [1, 2]);
        SocketCalls.Send(_ours, [3]);
        Assert.That(SocketCalls.Receive(_theirs, _buffer), Is.EqualTo(2));
        Assert.That(SocketCalls.Receive(_theirs, _buffer), Is.EqualTo(1));
    }

    [Test]
    public void Nothing_yet_is_told_from_the_end()
    {
        Assert.That(SocketCalls.Receive(_theirs, _buffer), Is.EqualTo(-1));
        Assert.That(SocketCalls.ReceiveDescriptor(_theirs, _buffer, out _), Is.EqualTo(-1));
        SocketCalls.ShutDown(_ours);
        Assert.That(SocketCalls.Receive(_theirs, _buffer), Is.Zero);
        Assert.That(SocketCalls.ReceiveDescriptor(_theirs, _buffer, out _), Is.Zero);
    }

    [Test]
    public void Sending_to_an_end_that_is_gone_fails_and_kills_nobody()
    {
        Descriptors.Close(_theirs);
        _theirs = -1;
        Assert.That(SocketCalls.SendDescriptor(_ours, [1], -1), Is.False);
        Assert.That(() => SocketCalls.Send(_ours, [1]),
            Throws.TypeOf<SystemCallException>().With.Property(nameof(SystemCallException.Errno)).EqualTo(SystemError.EPIPE));
    }

    [Test]
    public void A_full_queue_refuses_and_waits_for_nobody()
    {
        byte[] message = new byte[1024];
        int sent = 0;
        while (sent < 100_000 && SocketCalls.Send(_ours, message) == message.Length)
            sent++;
        Assert.That(sent, Is.InRange(1, 99_999));
        Assert.That(SocketCalls.SendDescriptor(_ours, message, -1), Is.False);
    }

    [Test]
    public void The_peer_of_a_pair_is_ourselves() => Assert.That(SocketCalls.PeerUserId(_ours), Is.EqualTo(ProcessCalls.EffectiveUserId));

    [Test]
    public void A_pair_has_no_address()
    {
        Assert.That(SocketCalls.TryGetPeer(_ours, out IPEndPoint? peer));
        Assert.That(peer, Is.Null);
    }

    [Test]
    public void A_client_of_tcp_has_an_address_until_it_is_gone_and_then_is_not_taken_for_one_of_this_host()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndpoint);
        using Socket accepted = listener.AcceptSocket();
        int descriptor = (int)accepted.Handle;
        Assert.That(SocketCalls.TryGetPeer(descriptor, out IPEndPoint? peer));
        Assert.That(peer, Is.EqualTo(client.LocalEndPoint));

        client.LingerState = new LingerOption(true, 0); // a reset instead of an orderly end
        client.Close();
        Eventually.Holds(() => !SocketCalls.TryGetPeer(descriptor, out peer));
        Assert.That(peer, Is.Null);
    }

    private static bool CloseOnExec(int descriptor) => File.ReadLines($"/proc/self/fdinfo/{descriptor}")
        .Any(line => line.StartsWith("flags:", StringComparison.Ordinal) && (Convert.ToInt32(line[6..].Trim(), 8) & 0x80000) != 0);
}
