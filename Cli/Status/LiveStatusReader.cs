using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Status;

/// <summary>Reads a node's shared memory: atomics and sequence-locked texts alone, so a node whose processes are stopped in the middle of anything is read too.</summary>
/// <remarks>This file: the node, its upstream and children; <c>.Positions</c>: stages, downstreams and how late they are.</remarks>
internal sealed partial class LiveStatusReader(DataDirectory directory, SharedSegment segment)
{
    private readonly RecoveryControl _recovery = segment.Recovery;
    private readonly WalReceiverControl _receiver = segment.Receiver;
    private readonly Statistics _statistics = segment.Statistics;
    private readonly SettingValues _settings = SettingsOf(segment);
    private readonly bool _isRelay = RelayFile.Exists(directory);

    private bool InRecovery => _recovery.RecoveryDone.Value == 0;

    /// <summary>A primary that recovers from a crash follows nobody.</summary>
    private bool Follows => InRecovery && (_isRelay || _recovery.StandbyMode.Value != 0);

    internal LiveStatus Read() => new(
        _isRelay ? "relay" : Follows ? "standby" : "primary",
        SendableWal.Of(segment).Timeline,
        (ulong)_recovery.SystemId.Value,
        _recovery.ServerVersionNumber.Value != 0 ? _recovery.ServerVersion.Value : WalFormat.ServerVersion,
        segment.Generation.Value - 1,
        Follows ? FollowerPositions() : PrimaryPositions(),
        Follows ? Upstream() : null,
        Downstreams(),
        Children(),
        [.. _statistics.NodeErrors.Read().Concat(_statistics.SessionErrors.Read()).OrderByDescending(e => e.Time)]);

    internal static SettingValues SettingsOf(SharedSegment segment)
    {
        byte[] bytes = new byte[SettingsBlock.SettingsSize];
        int length = segment.Settings.Settings.Read(bytes);
        return length == 0 ? SettingValues.Defaults : SettingValues.Deserialize(bytes.AsSpan(0, length));
    }

    private UpstreamStatus Upstream()
    {
        WalReceiverRow? row = ReplicationState.WalReceiver(segment);
        string state = row is null ? "stopped" : row.Status == "streaming" && !IsStreaming ? "connecting" : row.Status;
        string? host = Text(_receiver.SenderHost.Value);
        return new UpstreamStatus(state, host ?? ConfiguredHost(), host is not null && _receiver.SenderPort.Value is var port and not 0 ? port : null,
            Text(_receiver.SlotName.Value) ?? Text(_settings["primary_slot_name"]), row?.Pid, _receiver.LatestEnd.Value, LastMessageAge, Text(_receiver.Conninfo.Value));
    }

    private bool IsStreaming => _receiver.Streaming.Value != 0 && segment.Slots[SharedSegment.SlotOf(ProcessKind.WalReceiver)].Pid.Value != 0;

    private long? LastMessageAge => _receiver.Heard.Value is var heard and not 0 ? Math.Max(0, MonotonicTime.Microseconds - heard) : null;

    private string? ConfiguredHost()
    {
        string conninfo = _settings["primary_conninfo"];
        if (conninfo.Length == 0 || PgLibrary.LibpqMissing() is not null)
            return null;
        try
        {
            return Conninfo.ServerOf(conninfo);
        }
        catch (PgException)
        {
            return null; // walreceiver complains of it
        }
    }

    private List<ChildStatus> Children()
    {
        List<ChildStatus> children = [];
        foreach (ProcessSlot slot in segment.Slots)
        {
            if (slot.Pid.Value is var pid && pid != 0)
                children.Add(Child(slot, (ProcessKind)slot.Kind.Value, pid));
            else if (slot.Index < SharedSegment.FirstWalSenderSlot && IsMissed((ProcessKind)(slot.Index + 1)))
                children.Add(Child(slot, (ProcessKind)(slot.Index + 1), null));
        }
        return children;
    }

    /// <summary>It should run, or was started and has not come up yet.</summary>
    private bool IsMissed(ProcessKind kind) => kind switch
    {
        ProcessKind.Startup => InRecovery,
        ProcessKind.WalReceiver => Follows && _statistics.Of(kind).Starts.Value > 0,
        _ => true,
    };

    private ChildStatus Child(ProcessSlot slot, ProcessKind kind, int? pid)
    {
        ChildStatistics seen = _statistics.Of(kind);
        bool single = kind != ProcessKind.WalSender;
        bool ended = single && seen.LastEnd.Value != 0;
        string how = seen.LastSignal.Value != 0 ? $"signal {seen.LastSignal.Value}" : $"exit code {seen.LastExitCode.Value}";
        return new ChildStatus(kind, pid, pid is null || slot.StartTime.Value == 0 ? null : slot.StartTime.Value,
            single ? Math.Max(0, seen.Starts.Value - 1) : null, single ? null : Work(slot), ended ? seen.LastEnd.Value : null, ended ? how : null);
    }

    private static string Work(ProcessSlot slot)
    {
        if ((ActivityState)slot.Activity.Value == ActivityState.Unused)
            return "waits for a client";
        string name = slot.ApplicationName.Value;
        string who = name.Length > 0 ? $"{slot.User.Value} ({name})" : slot.User.Value;
        return (WalSenderState)slot.SenderState.Value != WalSenderState.None ? $"sends WAL to {who}" : $"SQL session of {who}";
    }

    private static string? Text(string value) => value.Length > 0 ? value : null;
}
