using System.Diagnostics;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Postmaster;

/// <summary>The supervisor: owns the sockets, the pid file, the segment, the table of children, the settings and the state machine.</summary>
/// <remarks>Answers to PostmasterMain and ServerLoop, PostgreSQL 15, src/backend/postmaster/postmaster.c. It waits on no lock, and of shared memory
/// it reads signal flags, states, timelines, Replayed and, after a crash, what <see cref="Statistics"/> keep. This file: start, loop, end; its parts: Children, Connections, Handshakes, Notify, Pending, PidFile, Signals, Tls.</remarks>
internal sealed partial class Postmaster : IDisposable
{
    private const int IdleWalSenders = 2;
    private const int SpareSlots = IdleWalSenders + 6;
    private const int LoopMilliseconds = 1000;

    private readonly PostmasterOptions _options;
    private readonly DataDirectory _data;
    private readonly ServerLog _log;
    private readonly SignalDescriptor _signals = new();
    private readonly Poller _poller = new();
    private readonly List<Child> _children = [];
    private readonly List<PendingConnection> _pending = [];
    private readonly long _startTime = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private SettingValues _settings;
    private ListenSockets? _listen;
    private SharedSegment _segment = null!;
    private int[] _latchEvents = [];
    private int _lock = -1;
    private string _serverVersion = WalFormat.ServerVersion;
    private PostmasterState _state = PostmasterState.Init;

    public Postmaster(PostmasterOptions options, ServerLog log)
    {
        _options = options;
        _data = options.Data;
        _log = log;
        _settings = SettingValues.Defaults;
        _systemd = SystemdNotify.TakeFromEnvironment(log);
    }

    /// <summary>Runs the node until it has ended.</summary>
    /// <returns>The exit code: 0 after a shutdown that was asked for, 1 else.</returns>
    /// <exception cref="PgException">The node cannot start.</exception>
    public int Run()
    {
        CheckDataDirectory();
        _lock = DataDirectoryLock.Acquire(_data);
        _settings = LoadConfiguration(out byte[] hba, out byte[] ident);
        NodeConfiguration.CheckTogether(_settings);
        _log.Log($"starting pgrepl, compatible with PostgreSQL {_serverVersion}");
        _listen = ListenSockets.Open(_settings, _log);
        CreatePidFile();
        ProcessCalls.SetName("pgrepl");

        int slots = SharedSegment.FirstWalSenderSlot + _settings.Int("max_connections") + _settings.Int("max_wal_senders") + SpareSlots;
        _latchEvents = [.. Enumerable.Range(0, slots).Select(_ => Descriptors.MoveUp(Descriptors.CreateEvent()))];
        CreateSegment(generation: 1, hba, ident);
        StartStartup();
        return ServerLoop();
    }

    public void Dispose()
    {
        _listen?.Dispose();
        _systemd.Dispose();
    }

    private int ServerLoop()
    {
        while (true)
        {
            _poller.Clear();
            int signalEntry = _poller.Add(_signals.Descriptor, PollEvents.Readable);
            int listenEntry = _poller.Count;
            foreach (int descriptor in _listen!.Descriptors)
                _poller.Add(AcceptPaused ? -1 : descriptor, PollEvents.Readable);
            int childEntry = _poller.Count;
            foreach (Child child in _children)
                _poller.Add(child.PidDescriptor, PollEvents.Readable);
            int pendingEntry = _poller.Count;
            foreach (PendingConnection pending in _pending)
                _poller.Add(pending.Waits ? -1 : pending.Descriptor, PollEvents.Readable);
            int pendingCount = _pending.Count, questionEntry = _poller.Count, childCount = _children.Count;
            foreach (Child child in _children)
                _poller.Add(child.HasClient && !child.IsAuthenticated ? child.Pair : -1, PollEvents.Readable);

            _ = _poller.Wait(NextTimeout());

            if (_poller.Found(signalEntry) != 0)
                TakeSignals();
            ReadQuestions(questionEntry, childCount);
            ReapChildren(childEntry);
            ReadPending(pendingEntry, pendingCount);
            ServeWaiting();
            AcceptConnections(listenEntry, childEntry);
            CheckDeadlines();
            AdvanceStateMachine();
            EnsureChildren();
            MaybeStartWalReceiver();
            TellSystemd();
            if (_failed && _children.Count == 0)
                return Finish(1);
            if (_state == PostmasterState.NoChildren)
            {
                if (!_crashed || _shutdown != ShutdownMode.None || LosesPidFile())
                    return Finish(_shutdown == ShutdownMode.None || _crashed ? 1 : 0);
                ResetAfterCrash();
            }
        }
    }

    private int Finish(int code)
    {
        foreach (PendingConnection pending in _pending)
            Descriptors.Close(pending.Descriptor);
        _listen!.Dispose();
        string reason = _segment.Recovery.FailureReason.Value;
        if (code != 0 && reason.Length > 0)
            _log.Fatal($"database system is shut down: {reason}");
        else
            _log.Log(_crashed ? "abnormal database system shutdown" : "database system is shut down");
        DeletePidFile();
        Descriptors.Close(_lock);
        return code;
    }

    private void CheckDataDirectory()
    {
        if (!Directory.Exists(_data.Path))
            throw new PgException(SqlStates.UndefinedFile, $"data directory \"{_data.Path}\" does not exist");
        byte[] versionFile = DurableFile.TryRead(_data.PgVersion)
            ?? throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"\"{_data.Path}\" is not a valid data directory",
                $"File \"{_data.PgVersion}\" is missing.");
        string version = Encoding.UTF8.GetString(versionFile).Trim();
        if (RelayFile.Exists(_data))
            CheckRelay(version);
        else
            CheckLogCluster(version);
        if (FileCalls.OwnerAndMode(_data.Path) is { Owner: var owner } && owner != (uint)ProcessCalls.EffectiveUserId)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"data directory \"{_data.Path}\" has wrong ownership",
                hint: "The server must be started by the user that owns the data directory.");
        UnixFileMode open = File.GetUnixFileMode(_data.Path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite);
        if (open != 0)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"data directory \"{_data.Path}\" has invalid permissions",
                "Permissions should be u=rwx (0700) or u=rwx,g=rx (0750).");
        if (ProcessCalls.EffectiveUserId == 0)
            _log.Warning("running as root", hint: "Run pgrepl as an unprivileged user that owns the data directory.");
    }

    private void CheckLogCluster(string version)
    {
        bool ours = version == PostgresMajor.LogCluster.ToString();
        if (ours && !File.Exists(_data.ControlFile))
            throw new PgException(SqlStates.UndefinedFile, "could not find the database system",
                $"Expected to find it in the directory \"{_data.Path}\", but file \"{_data.ControlFile}\" is missing.");
        if (!ours || File.Exists(Path.Combine(_data.Path, "base", "1", "PG_VERSION")))
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"cannot replay WAL of PostgreSQL {version}",
                $"\"{_data.Path}\" is not a log cluster made by \"pgrepl init\".");
    }

    /// <summary>A relay's two files must agree, and its major must be one whose WAL we know.</summary>
    private void CheckRelay(string version)
    {
        RelayFileData relay = RelayFile.Read(_data);
        if (PostgresMajor.TryOf(relay.Major) is not { } major || version != major.ToString())
            throw new PgException(SqlStates.FeatureNotSupported, $"a relay of PostgreSQL {relay.ServerVersion} is not supported",
                $"\"PG_VERSION\" says {version}, and a relay can hold WAL of PostgreSQL {PostgresMajor.All[0]} to {PostgresMajor.All[^1]}.");
        _serverVersion = relay.ServerVersion;
    }

    private SettingValues LoadConfiguration(out byte[] hba, out byte[] ident)
    {
        SettingValues settings = NodeConfiguration.Load(_data, _options.Settings, _options.ConfigFile);
        string hbaPath = settings["hba_file"], identPath = settings["ident_file"];
        byte[] hbaFile = DurableFile.TryRead(hbaPath) ?? throw new PgException(SqlStates.ConfigFileError, $"could not open configuration file \"{hbaPath}\": No such file or directory");
        hba = Encoding.UTF8.GetBytes(HbaFile.ToText(Encoding.UTF8.GetString(hbaFile), hbaPath));
        ident = Encoding.UTF8.GetBytes(IdentMap.ToText(Encoding.UTF8.GetString(DurableFile.TryRead(identPath) ?? []), identPath));
        CheckTls(settings, hba);
        byte[] serialized = settings.Serialize();
        if (serialized.Length > SettingsBlock.SettingsSize || hba.Length > SettingsBlock.HbaSize || ident.Length > SettingsBlock.IdentSize)
            throw new PgException(SqlStates.ConfigurationLimitExceeded, "configuration files are too large");
        return settings;
    }

    private void PublishSettings(byte[] hba, byte[] ident)
    {
        _segment.Settings.Settings.Write(_settings.Serialize());
        _segment.Settings.Hba.Write(hba);
        _segment.Settings.Ident.Write(ident);
        _segment.Settings.Generation.Increment();
    }

    /// <param name="before">What the segment before a crash reset remembers; null: this is the first.</param>
    private void CreateSegment(long generation, byte[] hba, byte[] ident, Statistics? before = null)
    {
        int pages = _settings.Int("wal_buffers");
        _segment = SharedSegment.Create(_latchEvents.Length, pages < 8 ? 512 : pages, generation, _settings.Int("max_replication_slots"));
        if (before is not null)
            _segment.Statistics.TakeOver(before);
        _log.RememberErrors(_segment.Statistics.NodeErrors, ProcessKind.None);
        _segment.ServerStartTime.Value = PgTime.Now();
        _segment.Wal.SyncStandbysDefined.Value = SynchronousStandbyNames.AreDefined(_settings) ? 1 : 0; // the first session may commit before walwriter has begun
        PublishSettings(hba, ident);
    }

    private int NextTimeout()
    {
        long now = Environment.TickCount64, next = now + LoopMilliseconds;
        if (_killAt != 0)
            next = Math.Min(next, _killAt);
        if (AcceptPaused)
            next = Math.Min(next, _acceptPausedUntil);
        next = Math.Min(next, _systemd.NextWatchdog);
        foreach (PendingConnection pending in _pending)
            next = Math.Min(next, pending.Deadline);
        if (_walReceiverRequested && _receiverEarliest > now)
            next = Math.Min(next, _receiverEarliest);
        return (int)Math.Max(0, next - now);
    }

    private void CheckDeadlines()
    {
        long now = Environment.TickCount64;
        CheckPidFile(now);
        if (_killAt != 0 && now >= _killAt)
        {
            _killAt = 0;
            foreach (Child child in _children)
                ProcessCalls.Kill(child.Pid, Signal.SIGKILL);
        }
        for (int i = _pending.Count - 1; i >= 0; i--)
            if (now >= _pending[i].Deadline)
                GiveUp(i);
    }
}
