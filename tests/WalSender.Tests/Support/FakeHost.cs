using System.Net;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>A host without a process: remembers what it was told.</summary>
internal sealed class FakeHost : ISqlHost
{
    public List<string> Calls { get; } = [];
    /// <summary>Values as the node has them; SET's lie above.</summary>
    public SortedDictionary<string, string> Settings { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["application_name"] = "",
        ["bytea_output"] = "hex",
        ["client_encoding"] = "UTF8",
        ["client_min_messages"] = "notice",
        ["DateStyle"] = "ISO, MDY",
        ["default_transaction_deferrable"] = "off",
        ["default_transaction_isolation"] = "read committed",
        ["default_transaction_read_only"] = "off",
        ["in_hot_standby"] = "off",
        ["idle_session_timeout"] = "0",
        ["integer_datetimes"] = "on",
        ["IntervalStyle"] = "postgres",
        ["is_superuser"] = "on",
        ["server_encoding"] = "UTF8",
        ["server_version"] = "15.18",
        ["session_authorization"] = "postgres",
        ["standard_conforming_strings"] = "on",
        ["TimeZone"] = "UTC",
        ["transaction_deferrable"] = "off",
        ["transaction_isolation"] = "read committed",
        ["transaction_read_only"] = "off",
        ["wal_keep_size"] = "16MB",
        ["extra_float_digits"] = "1",
        ["search_path"] = "\"$user\", public",
    };

    public bool Recovery { get; set; }
    public Lsn Position { get; set; } = new(0x3000060);
    public Func<Notice?>? OnCommit { get; set; }
    public Action? OnEmit { get; set; }
    public WalReceiverRow? Receiver { get; set; }
    public List<WalSenderRow> Senders { get; } = [];
    public List<ActivityRow> Processes { get; } = [];
    public byte[] LastPrefix { get; private set; } = [];
    public byte[] LastContent { get; private set; } = [];
    public ISlotHost Slots { get; } = new FakeSlots();
    public bool RecordCalls { get; set; } = true;
    public int MessagesInTransaction { get; private set; }

    public int ServerMajor { get; init; } = 15;
    public int BackendPid { get; init; } = 4711;
    public string CurrentUser => "postgres";
    public bool IsSuperuser => true;
    public string Database => "postgres";
    public long? LastXactReplayTimestamp { get; set; }

    public Action<int>? OnInterruptCheck { get; set; }

    private int _checks;
    private Dictionary<string, string> _own = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, string> _local = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, string> _atBegin = [];

    public void CheckForInterrupts() => OnInterruptCheck?.Invoke(++_checks);

    /// <summary>Statements as pg_stat_activity would show them.</summary>
    public List<string> Reported { get; } = [];

    public void ReportQuery(ReadOnlySpan<byte> text)
    {
        if (RecordCalls)
            Reported.Add(Encoding.UTF8.GetString(text));
    }

    public void StatementBegins() => InStatement = true;

    public void StatementEnds() => InStatement = false;

    /// <summary>statement_timeout would count now.</summary>
    public bool InStatement { get; private set; }

    public string ShowSetting(string name) =>
        _local.TryGetValue(name, out string? value) || _own.TryGetValue(name, out value) || Settings.TryGetValue(name, out value) ? value : throw new PgException(SqlStates.UndefinedObject, $"unrecognized configuration parameter \"{name}\"");

    public IEnumerable<SettingRow> AllSettings() => Settings.Select(pair =>
        new SettingRow(pair.Key, ShowSetting(pair.Key), ShowSetting(pair.Key), null, "Ungrouped", $"About {pair.Key}.", "user", "string", "default", EnumValues: pair.Key == "bytea_output" ? ["escape", "hex"] : null));

    public void SetSetting(string name, string? value, bool local)
    {
        _ = ShowSetting(name);
        Log($"set {name}={value ?? "DEFAULT"}{(local ? " local" : "")}");
        Dictionary<string, string> target = local ? _local : _own;
        _local.Remove(name);
        if (value is null)
            _own.Remove(name);
        else
            target[name] = SettingsTable.Find(name) is { } definition ? SettingsTable.Show(definition, SettingsTable.Normalise(definition, value)) : value;
    }

    public void ResetAllSettings()
    {
        Log("reset all");
        _own.Clear();
        _local.Clear();
    }

    public object SaveSettings() => (Copy(_own), Copy(_local));

    public void RestoreSettings(object saved) => (_own, _local) = ((Dictionary<string, string>, Dictionary<string, string>))saved;

    public void BeginTransaction()
    {
        Log("begin");
        _atBegin = Copy(_own);
    }

    public Notice? CommitTransaction()
    {
        Log("commit");
        Notice? notice = OnCommit?.Invoke();
        _local.Clear();
        MessagesInTransaction = 0;
        return notice;
    }

    public void RollbackTransaction()
    {
        Log("rollback");
        _own = _atBegin;
        _local.Clear();
        MessagesInTransaction = 0;
    }

    public Lsn EmitMessage(bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content)
    {
        OnEmit?.Invoke();
        if (RecordCalls)
        {
            LastPrefix = prefix.ToArray();
            LastContent = content.ToArray();
            Log($"emit {(transactional ? "t" : "n")} {Encoding.UTF8.GetString(prefix)} {content.Length}");
        }
        MessagesInTransaction += transactional ? 1 : 0;
        return Position += 64;
    }

    public Lsn CurrentWalLsn() => Primary();
    public Lsn CurrentWalInsertLsn() => Primary();
    public Lsn CurrentWalFlushLsn() => Primary();
    public Lsn? LastReceiveLsn() => Recovery ? Position : null;
    public Lsn? LastReplayLsn() => Recovery ? Position : null;
    public bool IsInRecovery() => Recovery;

    public bool Promote(bool wait, int waitSeconds)
    {
        Log($"promote {wait} {waitSeconds}");
        return true;
    }

    public Lsn SwitchWal() => Position;

    public Lsn CreateRestorePoint(string name)
    {
        Log($"restore point {name}");
        return Position;
    }

    public bool ReloadConf() => true;
    public string WalFileName(Lsn position) => WalSegment.EndingAt(position, TimelineId.First, WalFormat.DefaultSegmentSize).FileName(WalFormat.DefaultSegmentSize);

    public ControlRow ControlFile() => new(1300, 202209061, 7_300_000_000_000_000_001, 1_790_000_000, WalFormat.DefaultSegmentSize, new Lsn(0x3000028), new Lsn(0x3000028),
        new TimelineId(2), new TimelineId(1), true, 734, 16384, 1, 0, 722, 1, 734, 1, 1, 0, 0, 1_790_000_000);

    public WalReceiverRow? WalReceiver() => Receiver;
    public WalProgressRow? WalProgress() => Progress;
    public WalProgressRow? Progress { get; set; }
    public IReadOnlyList<WalSenderRow> WalSenders() => Senders;
    public IReadOnlyList<ActivityRow> Activity() => Processes;

    public static ActivityRow Client(int pid, string? address = null) => new(pid, "walsender", null, null, 10, "postgres", "standby", address is null ? null : IPAddress.Parse(address), null, address is null ? -1 : 40000,
        817_000_000_000_000, State: "active", Query: "START_REPLICATION");

    private Lsn Primary() => Recovery
        ? throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "recovery is in progress", hint: "WAL control functions cannot be executed during recovery.")
        : Position;

    private static Dictionary<string, string> Copy(Dictionary<string, string> settings) => new(settings, StringComparer.OrdinalIgnoreCase);

    private void Log(string call)
    {
        if (RecordCalls)
            Calls.Add(call);
    }
}
