using System.Buffers.Binary;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Protocol;

/// <summary>Cuts the bytes a client sends into messages and judges type and length before anything is stored for them.</summary>
/// <remarks>Source of truth: SocketBackend (tcop/postgres.c) and pq_getmessage (libpq/pqcomm.c), PostgreSQL 15.
/// A message is a type byte, a big-endian length that counts itself, and the payload. The buffer grows with what has really arrived.</remarks>
/// <param name="maxMessageSize">Payload bytes of the largest message taken (setting max_message_size).</param>
internal sealed class MessageReader(int maxMessageSize = MessageReader.DefaultMaxMessageSize)
{
    public const int DefaultMaxMessageSize = 16 * 1024 * 1024;

    /// <summary>PQ_SMALL_MESSAGE_LIMIT, bytes: messages that have no business being long.</summary>
    private const int SmallMessageLimit = 10000;

    /// <summary>PG_MAX_SASL_MESSAGE_LENGTH, bytes.</summary>
    private const int AuthenticationLimit = 1024;

    /// <summary>PQ_LARGE_MESSAGE_LIMIT, bytes (MaxAllocSize - 1): above it the client has lost its framing.</summary>
    private const int LargeMessageLimit = 0x3FFFFFFE;

    private const int InitialBytes = 16384;
    private const int KeepBytes = 256 * 1024;

    private byte[] _data = new byte[InitialBytes];
    private int _start;
    private int _end;
    private long _skip;

    /// <summary>Largest payload taken, bytes; may change between messages (reload).</summary>
    public int MaxMessageSize { get; set; } = maxMessageSize;

    /// <summary>Only a SASL response ('p') is welcome; else it is the one that is not.</summary>
    public bool Authenticating { get; set; }

    /// <summary>Type of the message <see cref="TryRead"/> last returned or refused.</summary>
    public byte LastType { get; private set; }

    /// <summary>Bytes received and not yet returned.</summary>
    public int Buffered => _end - _start;

    /// <summary>Room to receive into, then <see cref="Advance"/>. Spans given out by <see cref="TryRead"/> are void after this call.</summary>
    public Span<byte> GetSpan(int atLeast = 4096)
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_data.Length > KeepBytes)
                _data = new byte[InitialBytes];
        }
        if (_data.Length - _end < atLeast)
        {
            int length = Buffered;
            byte[] target = _start >= atLeast && length <= _start ? _data : new byte[Math.Max(length + atLeast, _data.Length * 2)];
            _data.AsSpan(_start, length).CopyTo(target);
            _data = target;
            _start = 0;
            _end = length;
        }
        return _data.AsSpan(_end);
    }

    public void Advance(int received)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)received, (uint)(_data.Length - _end));
        _end += received;
        SkipOversized();
    }

    /// <summary>Adds bytes that were received elsewhere.</summary>
    public void Append(ReadOnlySpan<byte> received)
    {
        received.CopyTo(GetSpan(Math.Max(received.Length, 1)));
        Advance(received.Length);
    }

    /// <summary>The next whole message, if it is all there.</summary>
    /// <param name="payload">Without type and length; valid until the next call of <see cref="GetSpan"/> or <see cref="Append"/>.</param>
    /// <exception cref="PgException">54000: longer than <see cref="MaxMessageSize"/>; its bytes are dropped as they come, go on reading.
    /// 08P01: type or length is impossible; the connection cannot be used any more.</exception>
    public bool TryRead(out byte type, out ReadOnlySpan<byte> payload)
    {
        type = 0;
        payload = default;
        SkipOversized();
        ReadOnlySpan<byte> received = _data.AsSpan(_start, Buffered);
        if (received.IsEmpty)
            return false;
        int limit = LimitFor(received[0]);
        if (received.Length < 5)
            return false;
        long length = BinaryPrimitives.ReadUInt32BigEndian(received[1..]) - 4L;
        if (length < 0 || length > limit)
            throw new PgException(SqlStates.ProtocolViolation, "invalid message length");
        LastType = received[0];
        if (length > MaxMessageSize)
        {
            _skip = length + 5;
            SkipOversized();
            throw new PgException(SqlStates.ProgramLimitExceeded, $"message of {length} bytes exceeds the limit of {MaxMessageSize} bytes",
                hint: "Send it in parts, or raise pgrepl.max_message_size.");
        }
        if (received.Length - 5 < length)
            return false;
        type = received[0];
        payload = received.Slice(5, (int)length);
        _start += 5 + (int)length;
        return true;
    }

    /// <summary>Largest payload that PostgreSQL would take for the type.</summary>
    private int LimitFor(byte type)
    {
        if (Authenticating)
            return type == (byte)'p'
                ? AuthenticationLimit
                : throw new PgException(SqlStates.ProtocolViolation, $"expected SASL response, got message type {type}");
        return type switch
        {
            (byte)'Q' or (byte)'F' or (byte)'B' or (byte)'P' or (byte)'d' => LargeMessageLimit,
            (byte)'X' or (byte)'C' or (byte)'D' or (byte)'E' or (byte)'H' or (byte)'S' or (byte)'c' or (byte)'f' => SmallMessageLimit,
            _ => throw new PgException(SqlStates.ProtocolViolation, $"invalid frontend message type {type}"),
        };
    }

    private void SkipOversized()
    {
        int now = (int)Math.Min(_skip, Buffered);
        _start += now;
        _skip -= now;
    }
}
