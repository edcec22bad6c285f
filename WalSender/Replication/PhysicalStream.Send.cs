using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

// What goes out. Source of truth: XLogSendPhysical, WalSndKeepalive, PostgreSQL 15, walsender.c; message formats: its documentation, chapter 55.4.
internal sealed partial class PhysicalStream
{
    /// <summary>MAX_SEND_SIZE, bytes of WAL in one message.</summary>
    internal const int MaxSendSize = 16 * WalFormat.PageSize;

    /// <summary>Puts at most one message of WAL into the writer, and notices when the timeline has ended.</summary>
    private void SendWal()
    {
        if (_doneSending)
        {
            _caughtUp = true;
            return;
        }
        Lsn end = FindEnd();
        _lag.Flushed(end, MonotonicTime.Microseconds);
        NoteOutstanding();

        // More than the switch point may have been sent: the first part of a record that never became whole.
        if (_historic && _validUpTo <= _sent)
        {
            _wal.Close();
            Writer.CopyDone();
            _doneSending = _caughtUp = true;
            return;
        }
        if (end <= _sent)
        {
            _caughtUp = true;
            return;
        }

        // A record is never cut between two messages but at a page boundary.
        Lsn upTo = _sent + MaxSendSize;
        _caughtUp = upTo >= end && !_historic;
        upTo = upTo >= end ? end : upTo.PageStart;
        Lsn segmentEnd = new((_sent.Value / (ulong)_segmentSize + 1) * (ulong)_segmentSize);
        if (upTo > segmentEnd)
            (upTo, _caughtUp) = (segmentEnd, false); // a message is of one file
        SendData(upTo, end);
        _sent = upTo;
        _process.Slot.Sent.Value = upTo;
    }

    private Lsn FindEnd()
    {
        if (_historic)
            return _validUpTo;
        SendableWal here = SendableWal.Of(_process.Segment);
        if (_cascading && !here.Cascading)
        {
            _cascading = false; // promoted, or crash recovery is over
            _syncRep.Configure(cascading: false);
        }
        if (here.Timeline == _timeline)
            return here.End;
        BecomeHistoric(here.Timeline);
        return _validUpTo;
    }

    private void SendData(Lsn upTo, Lsn end)
    {
        int length = (int)upTo.BytesSince(_sent);
        if (length >= LeastFromFile)
        {
            SendFromFile(upTo, end);
            return;
        }
        MessageWriter writer = Writer;
        writer.BeginCopyData();
        try
        {
            WriteDataHeader(writer.Buffer, end);
            _wal.Read(_sent, writer.Buffer.GetSpan(length)[..length], _timeline, _historic ? _validUpTo : Lsn.Invalid, _next);
            writer.Buffer.Advance(length);
        }
        catch
        {
            writer.Abandon();
            throw;
        }
        writer.EndCopyData();
    }

    private void WriteDataHeader(ByteBuffer buffer, Lsn end)
    {
        buffer.WriteByte((byte)'w');
        buffer.WriteInt64((long)_sent.Value);
        buffer.WriteInt64((long)end.Value);
        buffer.WriteInt64(PgTime.Now());
    }

    private void SendKeepalive(bool requestReply)
    {
        MessageWriter writer = Writer;
        writer.BeginCopyData();
        writer.Buffer.WriteByte((byte)'k');
        writer.Buffer.WriteInt64((long)_sent.Value);
        writer.Buffer.WriteInt64(PgTime.Now());
        writer.Buffer.WriteByte(requestReply ? (byte)1 : (byte)0);
        writer.EndCopyData();
        _pinged |= requestReply;
    }
}
