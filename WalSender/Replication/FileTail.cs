using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Protocol;
using Pgrepl.Shared.Storage;

namespace Pgrepl.WalSender.Replication;

/// <summary>What of the message under way is still in a file: it follows what the session's writer holds.</summary>
internal sealed class FileTail(ClientSession session)
{
    private WalSegmentFile? _file;
    private long _offset;
    private int _left;
    private bool _unreadable;

    public bool IsEmpty => _left == 0;

    /// <param name="file">Stays open until nothing is left.</param>
    public void Begin(WalSegmentFile file, long offset, int length) => (_file, _offset, _left) = (file, offset, length);

    /// <summary>Sends the writer's bytes and then the file's, as far as the socket takes them.</summary>
    /// <returns>True: nothing is left.</returns>
    /// <exception cref="ConnectionLostException">The client is gone.</exception>
    public bool TrySend()
    {
        if (!session.TryFlush(more: _left > 0))
            return false;
        try
        {
            while (_left > 0)
            {
                int sent = SocketCalls.SendFile(session.Socket, _file!.Handle, _offset, _left);
                if (sent < 0)
                    return false;
                if (sent == 0)
                    throw TooShort();
                _offset += sent;
                _left -= sent;
            }
            return true;
        }
        catch (SystemCallException error) when (error.Errno == SystemError.EIO)
        {
            throw Unreadable(SqlStates.IoError, error.Message); // of the file: a socket knows no such error
        }
        catch (SystemCallException error)
        {
            throw new ConnectionLostException(error.Message);
        }
    }

    /// <summary>Copies what is left, so that something else may follow the message.</summary>
    public void Complete(ByteBuffer buffer)
    {
        if (_left == 0)
            return;
        int left = _left;
        _left = 0; // whatever happens, it is not tried again
        if (_file!.Read(_offset, buffer.GetSpan(left)[..left]) != left)
            throw TooShort();
        buffer.Advance(left);
    }

    private ConnectionLostException TooShort() => Unreadable(SqlStates.DataCorrupted, "the file ends there");

    /// <summary>The client has been promised more bytes than there are: nothing can be said to it any more, so the log alone has it.</summary>
    private ConnectionLostException Unreadable(string sqlState, string why)
    {
        PgException error = new(sqlState, $"could not read from log segment {_file!.Segment.FileName(_file.SegmentSize)}, offset {_offset}: {why}");
        if (!_unreadable)
            session.Process.Log.Error(error); // once: the session's end may come here again
        _unreadable = true;
        return new ConnectionLostException(error.Message);
    }
}
