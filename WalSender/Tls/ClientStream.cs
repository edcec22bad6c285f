using System.Net.Sockets;

namespace Pgrepl.WalSender.Tls;

/// <summary>A client's socket as a stream that begins with what was received from it before.</summary>
internal sealed class ClientStream(Socket client, ReadOnlyMemory<byte> received) : NetworkStream(client, ownsSocket: false)
{
    private ReadOnlyMemory<byte> _received = received;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_received.IsEmpty) // an empty buffer asks whether there is something to read: so there is
            return base.ReadAsync(buffer, cancellationToken);
        int length = Math.Min(buffer.Length, _received.Length);
        _received[..length].CopyTo(buffer);
        _received = _received[length..];
        return ValueTask.FromResult(length);
    }
}
