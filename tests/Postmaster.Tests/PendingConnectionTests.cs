using Pgrepl.Shared.Native;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Postmaster.Tests;

/// <summary>A connection whose first packet comes in pieces, or not at all.</summary>
public sealed class PendingConnectionTests
{
    private int _client;
    private int _server;
    private PendingConnection _connection = null!;

    [SetUp]
    public void Connect()
    {
        (_client, _server) = SocketCalls.CreatePair();
        _connection = new PendingConnection(_server, deadline: 0);
    }

    [TearDown]
    public void Disconnect()
    {
        Descriptors.Close(_client);
        Descriptors.Close(_server);
    }

    [Test]
    public void Nothing_yet_is_no_end()
    {
        Assert.That(_connection.Receive(), Is.True);
        Assert.That(_connection.Received.Length, Is.Zero);
    }

    [Test]
    public void A_packet_in_pieces_is_put_together()
    {
        SocketCalls.Send(_client, [1, 2, 3]);
        Assert.That(_connection.Receive(), Is.True);
        SocketCalls.Send(_client, [4]);
        SocketCalls.Send(_client, [5, 6]);
        Assert.That(_connection.Receive(), Is.True);
        Assert.That(_connection.Received.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));
    }

    [Test]
    public void A_peer_that_leaves_is_noticed()
    {
        SocketCalls.ShutDown(_client);
        Assert.That(_connection.Receive(), Is.False);
    }

    [Test]
    public void What_a_peer_says_before_it_leaves_still_counts()
    {
        SocketCalls.Send(_client, [7, 8]);
        SocketCalls.ShutDown(_client);
        Assert.That(_connection.Receive(), Is.True);
        Assert.That(_connection.Received.ToArray(), Is.EqualTo(new byte[] { 7, 8 }));
        Assert.That(_connection.Receive(), Is.False, "the next look finds the end alone");
    }

    [Test]
    public void No_more_is_taken_than_a_first_packet_can_be()
    {
        for (int sent = 0; sent < 12_000; sent += 1000)
            SocketCalls.Send(_client, new byte[1000]);
        Assert.That(_connection.Receive(), Is.True);
        Assert.That(_connection.Received.Length, Is.EqualTo(10_004));
    }

    [Test]
    public void After_a_refused_request_the_packet_starts_anew()
    {
        SocketCalls.Send(_client, [1, 2, 3]);
        _connection.Receive();
        _connection.Forget();
        _connection.Send("N"u8);
        byte[] answer = new byte[8];
        Assert.That(SocketCalls.Receive(_client, answer), Is.EqualTo(1));
        Assert.That(answer[0], Is.EqualTo((byte)'N'));
        SocketCalls.Send(_client, [9]);
        _connection.Receive();
        Assert.That(_connection.Received.ToArray(), Is.EqualTo(new byte[] { 9 }));
    }

    [Test]
    public void An_answer_to_a_peer_that_has_left_is_lost_and_no_error()
    {
        SocketCalls.ShutDown(_client);
        Assert.That(() => _connection.Send("N"u8.ToArray()), Throws.Nothing);
    }

    [Test]
    public void Each_encryption_may_be_asked_for_once()
    {
        Assert.That(_connection.MayAskFor(StartupKind.SslRequest), Is.True);
        Assert.That(_connection.MayAskFor(StartupKind.GssEncRequest), Is.True);
        Assert.That(_connection.MayAskFor(StartupKind.SslRequest), Is.False);
        Assert.That(_connection.MayAskFor(StartupKind.GssEncRequest), Is.False);
    }
}
