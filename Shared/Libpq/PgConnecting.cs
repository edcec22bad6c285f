using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Libpq;

/// <summary>What a connection attempt waits for. PostgresPollingStatusType of libpq.</summary>
public enum PgConnectStatus
{
    Failed = 0,
    Reading = 1,
    Writing = 2,
    Ok = 3,
}

/// <summary>A connection attempt for an event loop: wait for <see cref="Descriptor"/> as <see cref="Status"/> says, call <see cref="Poll"/>, repeat until Ok or Failed.</summary>
/// <remarks>The first wait is for writing. libpq may replace the socket between calls (several hosts, fallback from TLS), so <see cref="Descriptor"/> is asked anew each time.
/// Host names are resolved synchronously, and <c>connect_timeout</c> is not obeyed here: the loop keeps the time. Source of truth: PQconnectPoll, PostgreSQL 15, fe-connect.c.</remarks>
public sealed class PgConnecting : IDisposable
{
    private PgConnectionHandle? _connection;
    private PgNotices? _notices;

    private PgConnecting(PgConnectionHandle connection)
    {
        _connection = connection;
        _notices = new PgNotices();
        if (connection.IsInvalid)
        {
            Status = PgConnectStatus.Failed;
            ErrorMessage = "out of memory";
            return;
        }
        _notices.Attach(connection);
        Status = PgConnectStatus.Writing;
        if (LibpqCalls.PQstatus(connection) == PgClient.ConnectionBad)
            Fail();
    }

    public PgConnectStatus Status { get; private set; }

    /// <summary>libpq's words after <see cref="PgConnectStatus.Failed"/>, one line a host that was tried.</summary>
    public string ErrorMessage { get; private set; } = "";

    /// <summary>The socket to wait for; -1 when there is none.</summary>
    public int Descriptor => _connection is { IsInvalid: false } connection ? LibpqCalls.PQsocket(connection) : -1;

    /// <summary>Begins. A bad connection string is a failed attempt, not an exception.</summary>
    public static PgConnecting Start(string conninfo)
    {
        ArgumentNullException.ThrowIfNull(conninfo);
        return new PgConnecting(LibpqCalls.PQconnectStart(conninfo));
    }

    /// <summary>One step; never blocks.</summary>
    public PgConnectStatus Poll()
    {
        if (Status is PgConnectStatus.Failed or PgConnectStatus.Ok || _connection is not { } connection)
            return Status;
        int status = LibpqCalls.PQconnectPoll(connection);
        if (status is (int)PgConnectStatus.Reading or (int)PgConnectStatus.Writing or (int)PgConnectStatus.Ok)
            Status = (PgConnectStatus)status;
        else
            Fail();
        return Status;
    }

    /// <summary>The connection; it is the caller's from now on.</summary>
    /// <exception cref="InvalidOperationException">The attempt has not come to <see cref="PgConnectStatus.Ok"/>, or the client was taken before.</exception>
    public PgClient TakeClient()
    {
        if (Status != PgConnectStatus.Ok || _connection is not { } connection || _notices is not { } notices)
            throw new InvalidOperationException($"no connection to take: {Status}");
        _connection = null;
        _notices = null;
        return new PgClient(connection, notices);
    }

    /// <summary>Waits for the socket, then takes one step; for callers without an event loop.</summary>
    /// <returns>False when the time was up first.</returns>
    internal bool WaitAndPoll(TimeSpan timeout)
    {
        if (!Wait(Descriptor, Status == PgConnectStatus.Writing, timeout))
            return false;
        Poll();
        return true;
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _notices?.Dispose();
        _connection = null;
        _notices = null;
    }

    /// <summary>poll(2) on one descriptor; EINTR is retried with the time that is left.</summary>
    internal static unsafe bool Wait(int descriptor, bool forWriting, TimeSpan timeout)
    {
        const short pollIn = 1, pollOut = 4;
        const int interrupted = 4; // EINTR
        long start = Environment.TickCount64;
        while (true)
        {
            int milliseconds = -1;
            if (timeout != Timeout.InfiniteTimeSpan)
                milliseconds = (int)Math.Clamp((long)Math.Ceiling(timeout.TotalMilliseconds) - (Environment.TickCount64 - start), 0, int.MaxValue);
            // The structure is on our stack for exactly this call.
            var poll = new LibpqCalls.PollDescriptor { Descriptor = descriptor, Wanted = forWriting ? pollOut : pollIn };
            int ready = LibpqCalls.Poll(&poll, 1, milliseconds);
            int error = Marshal.GetLastPInvokeError();
            if (ready >= 0)
                return ready > 0;
            if (error != interrupted)
                throw new PgException(SqlStates.InternalError, $"poll() failed: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    private void Fail()
    {
        Status = PgConnectStatus.Failed;
        ErrorMessage = Conninfo.Text(LibpqCalls.PQerrorMessage(_connection!))?.TrimEnd() ?? "";
    }
}
