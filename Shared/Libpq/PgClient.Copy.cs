namespace Pgrepl.Shared.Libpq;

/// <summary>What a look for COPY data found.</summary>
public enum CopyReadStatus
{
    /// <summary>A whole CopyData message.</summary>
    Data,

    /// <summary>Nothing complete is here: wait for the socket, <see cref="PgClient.ConsumeInput"/>, look again.</summary>
    WouldBlock,

    /// <summary>The server ended the COPY: <see cref="PgClient.GetResult"/> says how (at a timeline's end a CopyIn result, to be answered with <see cref="PgClient.PutCopyEnd"/>).</summary>
    End,

    /// <summary>See <see cref="PgClient.ErrorMessage"/>.</summary>
    Error,
}

/// <summary>COPY BOTH, the mode of START_REPLICATION. No buffer is made per message but libpq's own.</summary>
public sealed partial class PgClient
{
    private nint _copyData;

    /// <summary>Takes the next CopyData message if it is here; never waits and never reads the socket (that is <see cref="ConsumeInput"/>).</summary>
    /// <param name="data">The message's content; valid until the next call of this method or Dispose, which give the memory back to libpq.</param>
    public unsafe CopyReadStatus TryGetCopyData(out ReadOnlySpan<byte> data)
    {
        FreeCopyData();
        int length = LibpqCalls.PQgetCopyData(_connection, out _copyData, asynchronous: 1);
        // libpq allocated `length` bytes for us; they stay until FreeCopyData.
        data = length > 0 ? new ReadOnlySpan<byte>((void*)_copyData, length) : default;
        return length switch
        {
            > 0 => CopyReadStatus.Data,
            0 => CopyReadStatus.WouldBlock,
            -1 => CopyReadStatus.End,
            _ => CopyReadStatus.Error,
        };
    }

    /// <summary>Queues one CopyData message and sends what the socket takes; then <see cref="Flush"/>.</summary>
    /// <returns>False, in nonblocking mode only: no room, wait until the socket can be written and call again.</returns>
    /// <exception cref="PgException">08006 with libpq's words.</exception>
    public unsafe bool PutCopyData(ReadOnlySpan<byte> data)
    {
        // Pinned for exactly this call: libpq copies.
        fixed (byte* address = data)
            return Sent(LibpqCalls.PQputCopyData(_connection, address, data.Length));
    }

    /// <summary>Queues CopyDone: we send no more.</summary>
    /// <returns>As <see cref="PutCopyData"/>.</returns>
    /// <exception cref="PgException">08006 with libpq's words.</exception>
    public bool PutCopyEnd() => Sent(LibpqCalls.PQputCopyEnd(_connection, 0));

    private bool Sent(int status) => status >= 0 ? status == 1 : throw new PgException(SqlStates.ConnectionFailure, ErrorMessage);

    private void FreeCopyData()
    {
        if (_copyData != 0)
            LibpqCalls.PQfreemem(_copyData);
        _copyData = 0;
    }
}
