using System.Buffers.Binary;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

// WAL that goes from the file to the socket without a copy of ours: only the message's head is in the writer.
internal sealed partial class PhysicalStream
{
    /// <summary>Bytes; less is cheaper to copy.</summary>
    private const int LeastFromFile = 2 * WalFormat.PageSize;

    private const int MessageHead = 1 + 4;
    private const int DataHeader = 1 + 3 * 8;

    private readonly FileTail _file = new(session);

    /// <summary>For the next message: one whose WAL is still in a file is completed first.</summary>
    private MessageWriter Writer
    {
        get
        {
            _file.Complete(session.Writer.Buffer);
            return session.Writer;
        }
    }

    /// <summary>Begins a message whose WAL is sent by <see cref="FileTail.TrySend"/>.</summary>
    /// <param name="upTo">Within one segment.</param>
    private void SendFromFile(Lsn upTo, Lsn end)
    {
        int length = (int)upTo.BytesSince(_sent);
        (Shared.Storage.WalSegmentFile file, long offset, int here) = _wal.Locate(_sent, length, _timeline, _historic ? _validUpTo : Lsn.Invalid, _next);
        ByteBuffer buffer = session.Writer.Buffer;
        Span<byte> head = buffer.GetSpan(MessageHead);
        head[0] = (byte)'d';
        BinaryPrimitives.WriteInt32BigEndian(head[1..], 4 + DataHeader + length);
        buffer.Advance(MessageHead);
        WriteDataHeader(buffer, end);
        _file.Begin(file, offset, here);
        if (here < length) // the rest is another timeline's file: this once it is copied
        {
            _file.Complete(buffer);
            _wal.Read(_sent + (ulong)here, buffer.GetSpan(length - here)[..(length - here)], _timeline, _historic ? _validUpTo : Lsn.Invalid, _next);
            buffer.Advance(length - here);
        }
    }
}
