using System.Net;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Postmaster;

/// <summary>A connection whose first packet has not come whole yet.</summary>
/// <param name="deadline">Environment.TickCount64 after which it is dropped (authentication_timeout).</param>
internal sealed class PendingConnection(int descriptor, long deadline)
{
    private const int Capacity = StartupPacket.LargestSize;

    private const byte TlsHandshakeRecord = 0x16;

    /// <summary>Grows with what has come: a silent connection costs none.</summary>
    private byte[] _buffer = [];

    private int _length;
    private bool _askedForSsl;
    private bool _askedForGss;

    public int Descriptor => descriptor;
    public long Deadline => deadline;

    /// <summary>Not through a Unix socket.</summary>
    public bool IsTcp { get; init; }

    /// <summary>Address its handshake counts for; <see langword="null"/>: for none.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>It has said what it wants, and waits until others of its address have proved who they are.</summary>
    public bool Waits { get; set; }

    /// <summary>An SSLRequest and a GSSENCRequest may come once each.</summary>
    public bool MayAskFor(StartupKind encryption)
    {
        ref bool asked = ref encryption == StartupKind.SslRequest ? ref _askedForSsl : ref _askedForGss;
        bool may = !asked;
        asked = true;
        return may;
    }

    /// <summary>It began with a TLS handshake, without asking.</summary>
    public bool BeganWithTls => !_askedForSsl && !_askedForGss && _length > 0 && _buffer[0] == TlsHandshakeRecord;

    public ReadOnlySpan<byte> Received => _buffer.AsSpan(0, _length);

    /// <summary>Takes what the socket has.</summary>
    /// <returns>False: the peer is gone. What came just before its end still counts (a cancel request and nothing more): only the next look says false.</returns>
    public bool Receive()
    {
        int before = _length;
        Span<byte> came = stackalloc byte[Capacity];
        try
        {
            while (_length < Capacity)
            {
                int got = SocketCalls.Receive(descriptor, came[..(Capacity - _length)]);
                if (got < 0)
                    return true;
                if (got == 0)
                    return _length > before;
                Keep(came[..got]);
            }
            return true;
        }
        catch (SystemCallException)
        {
            return false;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _length < bytes.Length)
            Array.Resize(ref _buffer, Math.Min(Capacity, Math.Max(_length + bytes.Length, _buffer.Length * 2)));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    public void Forget() => _length = 0;

    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _ = SocketCalls.Send(descriptor, bytes);
        }
        catch (SystemCallException)
        {
            // The peer left before its answer; the read side says so next.
        }
    }
}
