namespace Pgrepl.Shared.Libpq;

/// <summary>Commands: the waiting kind and the pieces for an event loop.</summary>
public sealed partial class PgClient
{
    /// <summary>Sends a command (the simple protocol) and waits for its last result, the first error, or the start of a COPY.</summary>
    /// <param name="timeout">How long the answer may take; default: no limit. After a timeout the connection is of no more use.</param>
    /// <returns>Never null; an error is a result too, also that the connection was lost.</returns>
    /// <exception cref="PgException">57014 when the time is up; 08006 when the command cannot be sent.</exception>
    public PgResult Query(string sql, TimeSpan? timeout = null)
    {
        if (!SendQuery(sql))
            throw new PgException(SqlStates.ConnectionFailure, ErrorMessage);
        TimeSpan limit = timeout ?? Timeout.InfiniteTimeSpan;
        long start = Environment.TickCount64;
        PgResult? last = null;
        while (WaitForResult(limit, start) is { } result)
        {
            if (last is { IsError: true })
            {
                result.Dispose(); // that the server closed the connection explains less than why
            }
            else
            {
                last?.Dispose();
                last = result;
            }
            if (last.IsCopy || !IsAlive)
                break;
        }
        return last ?? throw new PgException(SqlStates.ConnectionFailure, ErrorMessage);
    }

    /// <summary>As <see cref="Query"/>, but an error is thrown, with the server's SQLSTATE, detail and hint.</summary>
    public PgResult QueryOrThrow(string sql, TimeSpan? timeout = null)
    {
        PgResult result = Query(sql, timeout);
        if (!result.IsError)
            return result;
        using (result)
            throw result.ToException();
    }

    /// <summary>Hands a command to libpq; in nonblocking mode <see cref="Flush"/> until it returns 0.</summary>
    /// <returns>False: not sent, see <see cref="ErrorMessage"/>.</returns>
    public bool SendQuery(string sql) => LibpqCalls.PQsendQuery(_connection, sql) == 1;

    /// <summary>Takes what the socket has; never waits. False: the connection is lost, see <see cref="ErrorMessage"/>.</summary>
    public bool ConsumeInput() => LibpqCalls.PQconsumeInput(_connection) == 1;

    /// <summary>Whether <see cref="GetResult"/> would wait.</summary>
    public bool IsBusy => LibpqCalls.PQisBusy(_connection) == 1;

    /// <summary>The next result; <see langword="null"/> when the command is done. Waits while <see cref="IsBusy"/>.</summary>
    public PgResult? GetResult()
    {
        PgResultHandle result = LibpqCalls.PQgetResult(_connection);
        if (!result.IsInvalid)
            return new PgResult(result);
        result.Dispose();
        return null;
    }

    /// <exception cref="PgException">08006 when the connection is of no more use.</exception>
    public void SetNonBlocking(bool nonBlocking = true)
    {
        if (LibpqCalls.PQsetnonblocking(_connection, nonBlocking ? 1 : 0) != 0)
            throw new PgException(SqlStates.ConnectionFailure, ErrorMessage);
    }

    /// <summary>Sends what is queued. 0: all of it is gone; 1: wait until the socket can be written (and read: call <see cref="ConsumeInput"/>), then again; -1: failed.</summary>
    public int Flush() => LibpqCalls.PQflush(_connection);

    /// <summary>poll(2) on the socket, for callers without an event loop. False: the time is up.</summary>
    public bool WaitForInput(TimeSpan timeout) => Socket is >= 0 and int socket && PgConnecting.Wait(socket, forWriting: false, timeout);

    private PgResult? WaitForResult(TimeSpan limit, long start)
    {
        while (Flush() == 1)
            PgConnecting.Wait(Socket, forWriting: true, Left(limit, start));
        while (IsBusy)
        {
            if (!WaitForInput(Left(limit, start)) && Socket >= 0)
                throw new PgException(SqlStates.QueryCanceled, "the server's answer did not come in time");
            if (!ConsumeInput())
                break; // GetResult makes the error result
        }
        return GetResult();
    }

    private static TimeSpan Left(TimeSpan limit, long start) => limit == Timeout.InfiniteTimeSpan
        ? limit
        : TimeSpan.FromMilliseconds(Math.Max(0, limit.TotalMilliseconds - (Environment.TickCount64 - start)));
}
