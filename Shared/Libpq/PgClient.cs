namespace Pgrepl.Shared.Libpq;

/// <summary>One connection to a server, replication or plain; one thread at a time.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/interfaces/libpq/libpq-fe.h. How the pieces are used together: src/backend/replication/libpqwalreceiver/libpqwalreceiver.c.</remarks>
public sealed partial class PgClient : IDisposable
{
    /// <summary>CONNECTION_BAD of libpq.</summary>
    internal const int ConnectionBad = 1;

    private readonly PgConnectionHandle _connection;
    private readonly PgNotices _notices;

    internal PgClient(PgConnectionHandle connection, PgNotices notices)
    {
        _connection = connection;
        _notices = notices;
    }

    /// <summary>Changes when libpq reconnects, which it never does by itself; -1 when the connection is lost.</summary>
    public int Socket => LibpqCalls.PQsocket(_connection);

    /// <summary>libpq's words for the last thing that failed, without the line feed at its end.</summary>
    public string ErrorMessage => Conninfo.Text(LibpqCalls.PQerrorMessage(_connection))?.TrimEnd() ?? "";

    public bool IsAlive => LibpqCalls.PQstatus(_connection) != ConnectionBad;

    /// <summary>For instance 150018.</summary>
    public int ServerVersion => LibpqCalls.PQserverVersion(_connection);

    public int BackendPid => LibpqCalls.PQbackendPID(_connection);

    /// <summary>The host, or the socket's directory, that this connection really uses.</summary>
    public string Host => Conninfo.Text(LibpqCalls.PQhost(_connection)) ?? "";

    public string Port => Conninfo.Text(LibpqCalls.PQport(_connection)) ?? "";

    /// <summary>What pg_stat_wal_receiver shows: every option in force, passwords as <c>********</c>.</summary>
    public unsafe string ConninfoMasked
    {
        get
        {
            // The array is libpq's until PQconninfoFree; it is copied before that.
            LibpqCalls.ConninfoOption* options = LibpqCalls.PQconninfo(_connection);
            if (options == null)
                throw new PgException(SqlStates.InternalError, "could not parse connection string: out of memory");
            try
            {
                return Conninfo.Shown(Conninfo.Copy(options));
            }
            finally
            {
                LibpqCalls.PQconninfoFree(options);
            }
        }
    }

    /// <summary>The notices since the last call, each with its severity: <c>WARNING:  …</c>. libpq prints none.</summary>
    public IReadOnlyList<string> TakeNotices() => _notices.Take();

    /// <summary>Connects and waits for it.</summary>
    /// <param name="timeout">For the whole attempt, all hosts together.</param>
    /// <param name="reach">For the part of it until somebody is there: a dead host is given up sooner than a slow one.</param>
    /// <exception cref="PgException">08006 with libpq's words.</exception>
    public static PgClient Connect(string conninfo, TimeSpan timeout, TimeSpan? reach = null)
    {
        using PgConnecting attempt = PgConnecting.Start(conninfo);
        long start = Environment.TickCount64;
        TimeSpan limit = reach ?? timeout;
        while (attempt.Status is PgConnectStatus.Reading or PgConnectStatus.Writing)
        {
            if (attempt.Status == PgConnectStatus.Reading)
                limit = timeout; // the socket is connected
            TimeSpan left = limit;
            if (limit != Timeout.InfiniteTimeSpan)
                left = TimeSpan.FromMilliseconds(Math.Max(0, limit.TotalMilliseconds - (Environment.TickCount64 - start)));
            if (!attempt.WaitAndPoll(left))
                throw new PgException(SqlStates.ConnectionFailure, "connection timed out");
        }
        return attempt.Status == PgConnectStatus.Ok ? attempt.TakeClient() : throw new PgException(SqlStates.ConnectionFailure, attempt.ErrorMessage);
    }

    /// <summary>Begins an attempt for an event loop.</summary>
    public static PgConnecting Start(string conninfo) => PgConnecting.Start(conninfo);

    /// <summary>A setting that the server reports (server_version, in_hot_standby …); <see langword="null"/> when it does not.</summary>
    public string? Parameter(string name) => Conninfo.Text(LibpqCalls.PQparameterStatus(_connection, name));

    public void Dispose()
    {
        FreeCopyData();
        _connection.Dispose();
        _notices.Dispose();
    }
}
