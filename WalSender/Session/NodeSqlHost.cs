using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalSender.Auth;
using Pgrepl.WalSender.Sql;
using Pgrepl.WalSender.SyncRep;

namespace Pgrepl.WalSender.Session;

/// <summary>What SQL may do to this node: transactions of messages, positions, promotion, settings. The views are in NodeSqlHost.Views.cs.</summary>
internal sealed partial class NodeSqlHost : ISqlHost
{
    /// <summary>pg_database.oid of postgres and pg_tablespace.oid of pg_default in PostgreSQL 15: what a commit record at wal_level logical names.</summary>
    private const uint DatabaseOid = 5;

    private const uint TablespaceOid = 1663;
    private const uint BootstrapUserOid = 10;
    private const string RecoveryInProgress = "recovery is in progress";

    private readonly ClientSession _session;
    private readonly StartupPacket _packet;
    private readonly SessionRole _role;
    private readonly SessionSettings _settings;
    private readonly ChildProcess _self;
    private readonly WalControl _wal;
    private readonly RecoveryControl _recovery;
    private readonly StatementTimer _timer;
    private readonly WalInserter _inserter;
    private readonly WalRecordBuilder _builder = new();
    private ulong _xid;

    public NodeSqlHost(ClientSession session, StartupPacket packet, SessionRole role, SessionSettings settings)
    {
        (_session, _packet, _role, _settings, _self) = (session, packet, role, settings, session.Process);
        (_wal, _recovery) = (_self.Segment.Wal, _self.Segment.Recovery);
        _timer = new StatementTimer(_self);
        Slots = new NodeSlotHost(session, role);
        _inserter = new WalInserter(_self.Segment, _self.Slot, _timer);
        _settings.OnChange = TakeSettings;
        TakeSettings();
    }

    public ISlotHost Slots { get; }
    public int MessagesInTransaction { get; private set; }
    public bool InTransactionWithXid => _xid != 0;
    public int ServerMajor => _recovery.Major.Number;
    public int BackendPid => Environment.ProcessId;
    public string CurrentUser => _role.Name;
    public bool IsSuperuser => _role.IsSuperuser;
    public string Database => _packet.Database;
    public long? LastXactReplayTimestamp => _recovery.LastTransactionTime.Value is var time and not 0 ? time : null;

    public bool IsInRecovery() => _recovery.RecoveryDone.Value == 0;

    public void CheckForInterrupts()
    {
        _self.Loop.Look();
        _timer.ThrowIfInterrupted();
    }

    public void ReportQuery(ReadOnlySpan<byte> text) => _self.Slot.Query.Write(text);

    public void StatementBegins() => _timer.Start();

    public void StatementEnds() => _timer.Stop();

    public void BeginTransaction()
    {
        _settings.Begin();
        _self.Slot.XactStart.Value = PgTime.Now();
    }

    public Lsn EmitMessage(bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content)
    {
        if (IsInRecovery())
            throw new PgException(SqlStates.ReadOnlySqlTransaction, "cannot execute pg_logical_emit_message() during recovery");
        if (transactional && _xid == 0)
        {
            _xid = _inserter.AssignXid();
            _self.Slot.BackendXid.Value = (long)_xid;
        }
        LogicalMessage.Build(_builder, transactional ? (uint)_xid : 0, DatabaseOid, transactional, prefix, content);
        Lsn end = Insert();
        MessagesInTransaction += transactional ? 1 : 0;
        if (!transactional)
            _inserter.RequestAsyncFlush(end);
        return end;
    }

    public Notice? CommitTransaction()
    {
        Notice? notice = null;
        try
        {
            if (_xid != 0)
                notice = WriteCommit();
        }
        finally
        {
            EndTransaction(); // whatever came of it: no abort record for an xid that may have committed
        }
        _settings.Commit();
        return notice;
    }

    public void RollbackTransaction()
    {
        try
        {
            if (_xid == 0)
                return;
            TransactionAbort.Build(_builder, (uint)_xid, PgTime.Now());
            (_, Lsn end) = _inserter.Insert(_builder);
            _inserter.RequestAsyncFlush(end);
        }
        catch (PgException error)
        {
            // A transaction without a record of its end is an aborted one: the record only says so earlier.
            _self.Log.Warning($"could not write the abort record of transaction {(uint)_xid}: {error.Message}", error.Detail);
        }
        finally
        {
            EndTransaction();
            _settings.Rollback();
        }
    }

    public string ShowSetting(string name)
    {
        name = name.ToLowerInvariant();
        if (!_role.IsSuperuser && SettingsTable.Find(name) is { MayHoldPasswords: true })
            throw new PgException(SqlStates.InsufficientPrivilege, $"must be superuser or have privileges of pg_read_all_settings to examine \"{name}\"");
        return OwnValue(name) is { } own ? SettingsTable.Show(SettingsTable.Get(name), own) : _settings.Values.Show(name);
    }

    public void SetSetting(string name, string? value, bool local) => _settings.Set(name, value, local);

    public void ResetAllSettings() => _settings.ResetAll();

    public object SaveSettings() => _settings.Save();

    public void RestoreSettings(object saved) => _settings.Restore(saved);

    public Lsn CurrentWalLsn() => Primary(_wal.Written.Value);

    public Lsn CurrentWalInsertLsn()
    {
        _ = Primary(default);
        return new WalPositions(_recovery.SegmentSize.Value).StartFromUsableBytes(_wal.InsertPosition.Value.Value);
    }

    public Lsn CurrentWalFlushLsn() => Primary(_wal.Flushed.Value);

    public Lsn? LastReceiveLsn() => _self.Segment.Receiver.Flushed.Value is { IsValid: true } lsn ? lsn : null;

    public Lsn? LastReplayLsn() => _recovery.Replayed.Value is { IsValid: true } lsn ? lsn : null;

    public bool Promote(bool wait, int waitSeconds)
    {
        if (!IsInRecovery())
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "recovery is not in progress", hint: "Recovery control functions can only be executed during recovery.");
        if (wait && waitSeconds <= 0)
            throw new PgException("22003", "\"wait_seconds\" must not be negative or zero");
        if (RelayFile.Exists(_self.Data))
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "cannot promote a relay", hint: "Promote a standby of the same primary.");
        DurableFile.Replace(_self.Data.PromoteFile, []);
        _self.SendPostmasterSignal(PostmasterSignal.AdvanceStateMachine);
        long deadline = Environment.TickCount64 + waitSeconds * 1000L;
        while (wait && IsInRecovery() && Environment.TickCount64 < deadline)
        {
            _self.Latch.Reset();
            _ = _self.Loop.Wait(20);
            CheckForInterrupts();
        }
        return !wait || !IsInRecovery();
    }

    public Lsn SwitchWal()
    {
        _ = Primary(default);
        return _inserter.InsertSwitch().End;
    }

    public Lsn CreateRestorePoint(string name)
    {
        _ = Primary(default);
        (_, Lsn end) = _inserter.EmitRestorePoint(name);
        _ = _inserter.WaitForFlush(end, interruptible: false);
        _self.Log.Log($"restore point \"{name}\" created at {end}");
        return end;
    }

    public bool ReloadConf()
    {
        _self.SendPostmasterSignal(PostmasterSignal.ReloadRequested);
        return true;
    }

    public string WalFileName(Lsn position)
    {
        _ = Primary(default);
        int size = _recovery.SegmentSize.Value;
        return WalSegment.EndingAt(position, new TimelineId((uint)_wal.Timeline.Value), size).FileName(size);
    }

    /// <summary>What no file sets: this node's state, or on a relay its upstream's version, for clients must take it for the server whose WAL it has.</summary>
    private string? OwnValue(string name) => name switch
    {
        "in_hot_standby" => IsInRecovery() ? "on" : "off",
        "is_superuser" => _role.IsSuperuser ? "on" : "off",
        "session_authorization" => _role.Name,
        "wal_segment_size" => _recovery.SegmentSize.Value.ToString(CultureInfo.InvariantCulture),
        "server_version" when _recovery.ServerVersionNumber.Value != 0 => _recovery.ServerVersion.Value,
        "server_version_num" when _recovery.ServerVersionNumber.Value is var number and not 0 => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private Notice? WriteCommit()
    {
        string level = _settings.Values["synchronous_commit"];
        TransactionCommit.Build(_builder, (uint)_xid, PgTime.Now(), applyFeedback: level == "remote_apply", DatabaseOid, TablespaceOid);
        (_, Lsn end) = _inserter.Insert(_builder);
        if (level == "off")
        {
            _inserter.RequestAsyncFlush(end);
            return null;
        }
        SyncWaitMode mode = SynchronousReplication.ModeOf(level);
        WaitOutcome outcome = WaitOutcome.Granted;
        if (SynchronousReplication.IsAskedFor(_self, mode))
        {
            // A standby gets what is durable here, so it is enough to sleep once, until it has it.
            _ = _inserter.RequestFlush(end);
            outcome = SynchronousReplication.Wait(_self, end, mode);
        }
        _ = _inserter.WaitForFlush(end, interruptible: false); // whatever standbys say, and however that wait ended
        if (SynchronousReplication.WarningOf(outcome) is not { } warning)
            return null;
        _self.Log.Warning(warning.Message, warning.Detail);
        if (outcome != WaitOutcome.Terminated)
            return warning;
        _session.Writer.NoticeResponse(warning);
        _ = _session.TryFlush(); // and no answer: nobody may take this commit for acknowledged
        throw new ConnectionLostException("terminating connection due to administrator command");
    }

    /// <summary>What is needed often, or shows elsewhere.</summary>
    private void TakeSettings()
    {
        _timer.Limit = _settings.Values.Int("statement_timeout");
        string name = _settings.Values["application_name"];
        if (_self.Slot.ApplicationName.Value != name)
            _self.Slot.ApplicationName.Value = name;
    }

    /// <exception cref="PgException">As <see cref="WalInserter.Insert"/>; a statement whose time is over, or that was cancelled while it waited, says so.</exception>
    private Lsn Insert()
    {
        try
        {
            return _inserter.Insert(_builder).End;
        }
        catch (PgException error) when (error.SqlState == SqlStates.QueryCanceled)
        {
            _timer.ThrowIfInterrupted();
            throw;
        }
    }

    private void EndTransaction()
    {
        _xid = 0;
        MessagesInTransaction = 0;
        _self.Slot.BackendXid.Value = 0;
        _self.Slot.XactStart.Value = 0;
    }

    /// <exception cref="PgException">55000: this node is in recovery.</exception>
    private Lsn Primary(Lsn value) => !IsInRecovery() ? value
        : throw new PgException(SqlStates.ObjectNotInPrerequisiteState, RecoveryInProgress, hint: "WAL control functions cannot be executed during recovery.");
}
