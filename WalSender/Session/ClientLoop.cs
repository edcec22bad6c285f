using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;
using Pgrepl.WalSender.Replication;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Session;

/// <summary>The message loop of a session that is let in: SQL, replication commands, or both.</summary>
/// <remarks>Answers to PostgresMain, PostgreSQL 15, src/backend/tcop/postgres.c.</remarks>
internal sealed class ClientLoop
{
    /// <summary>GUC_REPORT: what a client is told at the start and whenever it changes.</summary>
    private static readonly string[] Reported =
    [
        "application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby", "integer_datetimes", "IntervalStyle",
        "is_superuser", "server_encoding", "server_version", "session_authorization", "standard_conforming_strings", "TimeZone",
    ];

    private readonly ClientSession _session;
    private readonly ChildProcess _self;
    private readonly StartupPacket _packet;
    private readonly SessionSettings _settings;
    private readonly NodeSqlHost _host;
    private readonly SqlSession _sql;
    private readonly ReplicationCommands _replication;
    private readonly string?[] _told = new string?[Reported.Length];

    public ClientLoop(ClientSession session, StartupPacket packet)
    {
        _session = session;
        _self = session.Process;
        _packet = packet;
        _settings = new SessionSettings(_self.Settings);
        foreach ((string name, string value) in packet.Settings)
            _settings.Set(name, value, local: false, SettingSource.Client);
        _self.Slot.ApplicationName.Value = _settings.Values["application_name"];
        _host = new NodeSqlHost(session, packet, _settings);
        _sql = new SqlSession(_host, session.Writer);
        _replication = new ReplicationCommands(packet.Replication == ReplicationMode.Database ? packet.Database : null, _host.ShowSetting);
    }

    /// <returns>The exit code.</returns>
    public int Run(int cancelKey)
    {
        ReportSettings();
        _session.Writer.BackendKeyData(Environment.ProcessId, cancelKey);
        _session.Writer.ReadyForQuery('I');
        SetActivity(ActivityState.Idle);
        while (true)
        {
            _session.Flush();
            if (!ReadMessage(out byte type, out ReadOnlySpan<byte> payload))
                return 0;
            if (type == (byte)'X')
                return 0;
            Handle(type, payload);
        }
    }

    private void Handle(byte type, ReadOnlySpan<byte> payload)
    {
        _self.Loop.CancelRequested = false;
        _self.Slot.QueryStart.Value = PgTime.Now();
        SetActivity(ActivityState.Active);
        if (type == (byte)'Q')
            _self.Slot.Query.Write(payload.IsEmpty ? payload : payload[..^1]);
        if (_packet.Replication == ReplicationMode.None || !HandledByReplication(type, payload))
            _sql.HandleMessage(type, payload);
        ReportSettings();
        SetActivity(_sql.TransactionStatus switch
        {
            'T' => ActivityState.IdleInTransaction,
            'E' => ActivityState.IdleInTransactionAborted,
            _ => ActivityState.Idle,
        });
    }

    /// <returns>False: it is SQL, on a connection that may have it.</returns>
    private bool HandledByReplication(byte type, ReadOnlySpan<byte> payload)
    {
        if (type is (byte)'d' or (byte)'c' or (byte)'f')
            return true; // still under way from a COPY that failed
        if (type != (byte)'Q')
        {
            if (_packet.Replication == ReplicationMode.Database)
                return false;
            _session.Writer.ErrorResponse(new PgException(SqlStates.ProtocolViolation, "extended query protocol not supported in a replication connection"));
            _session.Writer.ReadyForQuery('I');
            return true;
        }
        try
        {
            if (!_replication.Handle(_session, Encoding.UTF8.GetString(payload.IsEmpty ? payload : payload[..^1])))
                return false;
        }
        catch (PgException error)
        {
            _self.Log.Error(error);
            _session.Writer.Abandon();
            _session.Writer.ErrorResponse(error);
        }
        _session.Writer.ReadyForQuery('I');
        return true;
    }

    /// <summary>Waits for the next whole message, serving the latch and signals meanwhile.</summary>
    /// <returns>False: the client has gone.</returns>
    private bool ReadMessage(out byte type, out ReadOnlySpan<byte> payload)
    {
        while (true)
        {
            try
            {
                if (_session.Reader.TryRead(out type, out payload))
                    return true;
            }
            catch (PgException error) when (error.SqlState == SqlStates.ProgramLimitExceeded)
            {
                _self.Log.Error(error);
                _session.Writer.ErrorResponse(error);
                if (_session.Reader.LastType == (byte)'Q')
                    _session.Writer.ReadyForQuery(_sql.TransactionStatus);
                else
                    _sql.SkipUntilSync();
                _session.Flush();
                continue;
            }
            _self.Latch.Reset();
            WakeEvents events = _session.Wait(-1);
            if (_self.Loop.ShutdownRequested)
                throw new PgException(SqlStates.AdminShutdown, "terminating connection due to administrator command");
            if (_self.Loop.ReloadRequested && _self.RefreshSettings())
                _settings.Rebase(_self.Settings);
            if ((events & (WakeEvents.SocketReadable | WakeEvents.SocketClosed)) != 0 && !_session.Receive())
            {
                type = 0;
                payload = default;
                return false;
            }
        }
    }

    /// <summary>ParameterStatus for what the client has not been told yet.</summary>
    private void ReportSettings()
    {
        for (int i = 0; i < Reported.Length; i++)
        {
            string value = _host.ShowSetting(Reported[i]);
            if (value == _told[i])
                continue;
            _session.Writer.ParameterStatus(Reported[i], value);
            _told[i] = value;
        }
    }

    private void SetActivity(ActivityState state)
    {
        _self.Slot.StateChange.Value = PgTime.Now();
        _self.Slot.Activity.Value = (int)state;
    }
}
