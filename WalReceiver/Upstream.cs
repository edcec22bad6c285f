using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalReceiver;

/// <summary>The connection to the server whose WAL we receive. Every wait also serves latch and signals.</summary>
/// <remarks>Answers to libpqwalreceiver.c, PostgreSQL 15. Commands are in <c>.Commands</c>, the stream in <c>.Stream</c>.</remarks>
internal sealed partial class Upstream : IDisposable
{
    private readonly ChildProcess _process;
    private readonly PgClient _client;
    private readonly Action _checkInterrupts;

    private Upstream(ChildProcess process, PgClient client, Action checkInterrupts)
    {
        _process = process;
        _client = client;
        _checkInterrupts = checkInterrupts;
    }

    public string Host => _client.Host;

    public int Port => int.TryParse(_client.Port, out int port) ? port : 0;

    /// <summary>For pg_stat_wal_receiver: no secrets.</summary>
    public string ConninfoMasked => _client.ConninfoMasked;

    /// <summary>server_version_num; 0: it did not say.</summary>
    public int ServerVersionNumber => _client.ServerVersion;

    public string ServerVersion => _client.Parameter("server_version") ?? "";

    public int Socket => _client.Socket;

    /// <param name="conninfo">primary_conninfo as configured.</param>
    /// <param name="applicationName">Used when the connection string has none.</param>
    /// <param name="timeout">Milliseconds for the whole attempt unless the connection string has a connect_timeout; 0: no limit.</param>
    /// <param name="checkInterrupts">Looked at before each wait; throws to end the attempt.</param>
    /// <exception cref="PgException">08006 <c>could not connect to the primary server: …</c></exception>
    public static Upstream Connect(ChildProcess process, string conninfo, string applicationName, int timeout, Action checkInterrupts)
    {
        if (int.TryParse(Conninfo.ValueOf(conninfo, "connect_timeout"), out int seconds) && seconds > 0)
            timeout = (int)Math.Min(seconds * 1000L, int.MaxValue);
        string complete = Conninfo.With(conninfo, "replication", "true");
        complete = Conninfo.With(complete, "dbname", "replication"); // .pgpass has a line for it
        complete = Conninfo.With(complete, "fallback_application_name", applicationName);

        long deadline = timeout > 0 ? Environment.TickCount64 + timeout : long.MaxValue;
        using PgConnecting attempt = PgClient.Start(complete);
        while (attempt.Status is PgConnectStatus.Reading or PgConnectStatus.Writing)
        {
            PollEvents wanted = attempt.Status == PgConnectStatus.Writing ? PollEvents.Writable : PollEvents.Readable;
            if (WaitOnce(process, attempt.Descriptor, wanted, deadline, checkInterrupts))
                attempt.Poll();
            else if (Environment.TickCount64 >= deadline)
                throw Failed("timeout expired");
        }
        if (attempt.Status != PgConnectStatus.Ok)
            throw Failed(attempt.ErrorMessage);
        Upstream upstream = new(process, attempt.TakeClient(), checkInterrupts);
        upstream._client.SetNonBlocking();
        return upstream;

        static PgException Failed(string why) => new(SqlStates.ConnectionFailure, $"could not connect to the primary server: {why}");
    }

    public void Dispose() => _client.Dispose();

    /// <returns>True: the socket has something; false: something else did, or the time is up.</returns>
    private static bool WaitOnce(ChildProcess process, int socket, PollEvents wanted, long deadline, Action checkInterrupts)
    {
        process.Latch.Reset();
        checkInterrupts();
        int milliseconds = deadline == long.MaxValue ? -1 : (int)Math.Clamp(deadline - Environment.TickCount64, 0, int.MaxValue);
        WakeEvents events = process.Loop.Wait(milliseconds, socket, wanted);
        return (events & (WakeEvents.SocketReadable | WakeEvents.SocketWritable | WakeEvents.SocketClosed)) != 0;
    }

    private void Wait(PollEvents wanted) => WaitOnce(_process, _client.Socket, wanted, long.MaxValue, _checkInterrupts);
}
