using System.Buffers.Binary;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Shared.Processes;

/// <summary>What a session that is handed over begins with.</summary>
public enum HandoverKind : byte
{
    /// <summary>Its first packet, which the postmaster has judged.</summary>
    Accepted,

    /// <summary>TLS, which the client asked for with SSLRequest and has no answer to yet; the first packet comes inside.</summary>
    Tls,

    /// <summary>TLS without a request: what was received is the beginning of its handshake.</summary>
    DirectTls,
}

/// <summary>The message by which the postmaster hands a client's socket to a walsender.</summary>
/// <remarks>Ours alone: one byte of kind, four of BackendKeyData's key (little-endian), then the bytes received.</remarks>
public static class Handover
{
    /// <summary>Of a message, bytes.</summary>
    public const int MaxLength = HeaderSize + StartupPacket.LargestSize;

    private const int HeaderSize = 5;

    /// <param name="received">At most what a start-up packet may have.</param>
    public static byte[] Write(HandoverKind kind, int cancelKey, ReadOnlySpan<byte> received)
    {
        byte[] message = new byte[HeaderSize + received.Length];
        message[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1), cancelKey);
        received.CopyTo(message.AsSpan(HeaderSize));
        return message;
    }

    /// <param name="message">As it came over the pair, whole.</param>
    public static (HandoverKind Kind, int CancelKey, ReadOnlyMemory<byte> Received) Read(ReadOnlyMemory<byte> message) =>
        ((HandoverKind)message.Span[0], BinaryPrimitives.ReadInt32LittleEndian(message.Span[1..]), message[HeaderSize..]);
}
