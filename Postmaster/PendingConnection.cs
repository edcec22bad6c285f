using Pgrepl.Shared.Native;

namespace Pgrepl.Postmaster;

/// <summary>A connection whose first packet has not come whole yet.</summary>
/// <param name="deadline">Environment.TickCount64 after which it is dropped (authentication_timeout).</param>
internal sealed class PendingConnection(int descriptor, long deadline)
{
    /// <summary>A start-up packet is at most 10 000 bytes and its length word.</summary>
    private const int Capacity = 10_004;

    private readonly byte[] _buffer = new byte[Capacity];
    private int _length;

    public int Descriptor => descriptor;
    public long Deadline => deadline;

    /// <summary>An SSLRequest or GSSENCRequest was refused; each may come once.</summary>
    public int EncryptionRequests { get; set; }

    public ReadOnlySpan<byte> Received => _buffer.AsSpan(0, _length);

    /// <summary>Takes what the socket has.</summary>
    /// <returns>False: the peer is gone. What came just before its end still counts (a cancel request and nothing more): only the next look says false.</returns>
    public bool Receive()
    {
        int before = _length;
        try
        {
            while (_length < Capacity)
            {
                int got = SocketCalls.Receive(descriptor, _buffer.AsSpan(_length));
                if (got < 0)
                    return true;
                if (got == 0)
                    return _length > before;
                _length += got;
            }
            return true;
        }
        catch (SystemCallException)
        {
            return false;
        }
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
