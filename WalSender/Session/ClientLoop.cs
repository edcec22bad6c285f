using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;
using Pgrepl.WalSender.Auth;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Replication;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Session;

/// <summary>The message loop of a session that is let in: SQL, replication commands, or both.</summary>
/// <remarks>Answers to PostgresMain, PostgreSQL 15, src/backend/tcop/postgres.c.</remarks>
internal sealed class ClientLoop
{
    /// <summary>Bytes of answers that are sent before the next message is looked at.</summary>
    private const int FlushAbove = 256 * 1024;

    private readonly ClientSession _session;
    private readonly ChildProcess _self;
    private readonly StartupPacket _packet;
    private readonly SessionSettings _settings;
    private readonly NodeSqlHost _host;
    private readonly SqlSession _sql;
    private readonly ReplicationCommands _replication;
    private readonly IdleTimer _idle = new();
    private bool _wasInRecovery;
    private bool _answerDue = true;

    public ClientLoop(ClientSession session, StartupPacket packet, SessionRole role)
    {
        _session = session;
        _self = session.Process;
        _packet = packet;
        _settings = new SessionSettings(_self.Settings);
        foreach ((string name, string value) in packet.Settings)
            _settings.SetFromClient(name, value);
        _host = new NodeSqlHost(session, packet, role, _settings);
        _sql = new SqlSession(_host, session.Writer) { OnError = (error, _) => Failed(error) };
        _replication = new ReplicationCommands(packet.Replication == ReplicationMode.Database ? packet.Database : null, _sql.ShowSetting);
    }

    /// <returns>The exit code.</returns>
    public int Run(int cancelKey)
    {
        _wasInRecovery = _host.IsInRecovery();
        _sql.ReportAllParameters();
        _session.Writer.BackendKeyData(Environment.ProcessId, cancelKey);
        _session.Writer.ReadyForQuery('I');
        SetActivity(ActivityState.Idle);
        _idle.Begin(_sql.TransactionStatus, _settings.Values);
        while (true)
        {
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
        _idle.End();
        _self.Slot.QueryStart.Value = PgTime.Now();
        SetActivity(ActivityState.Active);
        if (_packet.Replication == ReplicationMode.None || !HandledByReplication(type, payload))
            _sql.HandleMessage(type, payload);
        // As PostgreSQL: the answer to an Execute stays here until Sync, which commits, or until the client asks for it.
        _answerDue |= type is (byte)'Q' or (byte)'F' or (byte)'S' or (byte)'H' || _sql.IsSkipping;
        if (_session.Writer.Pending.Length > FlushAbove)
            _session.Flush();
        SetActivity(_sql.TransactionStatus switch
        {
            'T' => ActivityState.IdleInTransaction,
            'E' => ActivityState.IdleInTransactionAborted,
            _ => ActivityState.Idle,
        });
        if (type is (byte)'Q' or (byte)'F' or (byte)'S')
            _idle.Begin(_sql.TransactionStatus, _settings.Values); // the session is told to be ready
    }

    /// <returns>False: it is SQL, on a connection that may have it.</returns>
    private bool HandledByReplication(byte type, ReadOnlySpan<byte> payload)
    {
        if (type is (byte)'d' or (byte)'c' or (byte)'f')
            return true; // still under way from a COPY that failed
        if (_sql.IsSkipping || type is (byte)'S' or (byte)'H')
            return false;
        if (type != (byte)'Q')
            return _packet.Replication != ReplicationMode.Database && Forbid(type);
        try
        {
            var reader = new PayloadReader(payload);
            ReadOnlySpan<byte> text = reader.ReadCString();
            reader.End();
            TextEncoding.Check(text);
            _host.ReportQuery(text);
            if (!_replication.Handle(_session, Encoding.UTF8.GetString(text), inFailedBlock: _sql.TransactionStatus == 'E'))
                return false;
        }
        catch (PgException error)
        {
            Failed(error);
            _session.Writer.Abandon();
            _session.Writer.ErrorResponse(error);
            _sql.FailTransaction();
        }
        _session.Writer.ReadyForQuery(_sql.TransactionStatus);
        return true;
    }

    /// <summary>forbidden_in_wal_sender: answered once, and what belongs to it is skipped until Sync.</summary>
    private bool Forbid(byte type)
    {
        PgException error = ReplicationCommandParser.Forbidden(type);
        Failed(error);
        _session.Writer.ErrorResponse(error);
        if (type == (byte)'F')
            _session.Writer.ReadyForQuery('I');
        else
            _sql.SkipUntilSync();
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
                _sql.RefuseMessage(_session.Reader.LastType, error);
                _answerDue = true;
                continue;
            }
            if (_answerDue)
                _session.Flush(); // nothing whole is left to work on
            _answerDue = false;
            _self.Latch.Reset();
            // What is looked at between Reset and Wait cannot be missed: a setter comes after its data.
            WakeEvents events = _session.Wait(_session.Slots.MustEnd || (_wasInRecovery && !_host.IsInRecovery()) ? 0 : _idle.Remaining);
            if (_self.Loop.ShutdownRequested || _self.Loop.User2Requested || _session.Slots.MustEnd)
                throw Interrupts.Ending();
            _idle.ThrowIfOver();
            if (_self.Loop.ReloadRequested && _self.RefreshSettings())
            {
                _settings.Rebase(_self.Settings);
                _sql.ReportChangedParameters(anyway: true);
                _answerDue = true;
            }
            if (_wasInRecovery && !_host.IsInRecovery())
            {
                _wasInRecovery = false; // promoted: in_hot_standby is told anew
                _sql.ReportChangedParameters(anyway: true);
                _answerDue = true;
            }
            if ((events & (WakeEvents.SocketReadable | WakeEvents.SocketClosed)) != 0 && !_session.Receive())
            {
                type = 0;
                payload = default;
                return false;
            }
        }
    }

    private void Failed(PgException error)
    {
        _self.Log.Error(error);
        _session.Slots.CleanUp(); // an error ends temporary slots
    }

    private void SetActivity(ActivityState state)
    {
        _self.Slot.StateChange.Value = PgTime.Now();
        _self.Slot.Activity.Value = (int)state;
    }
}
