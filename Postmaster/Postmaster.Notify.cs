using System.Globalization;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Postmaster;

/// <summary>What systemd is told of this node, once a turn of the loop.</summary>
internal sealed partial class Postmaster
{
    private readonly SystemdNotify _systemd;
    private NodeStatus _told;

    /// <summary>What the STATUS line says; compared before it is spelt out.</summary>
    private readonly record struct NodeStatus(string Role, uint Timeline, string State);

    private void TellSystemd()
    {
        if (!_systemd.IsThere)
            return;
        NodeStatus status = CurrentStatus();
        if (status != _told)
        {
            _told = status;
            _systemd.Status(status.Role.Length == 0 ? status.State
                : string.Create(CultureInfo.InvariantCulture, $"{status.Role}, timeline {status.Timeline}, {status.State}"));
        }
        if (_pidFileStatus is PostmasterPidFile.Ready or PostmasterPidFile.Standby)
            _systemd.Ready();
        if (_shutdown != ShutdownMode.None || _failed)
            _systemd.Stopping();
        _systemd.Turn();
    }

    private NodeStatus CurrentStatus()
    {
        if (_shutdown != ShutdownMode.None || _failed)
            return new("", 0, "shutting down");
        if (_crashed)
            return new("", 0, "restarting after a crash of a child");
        uint replaying = (uint)_segment.Recovery.ReplayedTimeline.Value;
        switch (_state)
        {
            case PostmasterState.Run:
                return new("primary", (uint)_segment.Wal.Timeline.Value, "accepting connections");
            case PostmasterState.Recovery or PostmasterState.HotStandby:
                bool streams = _segment.Receiver.State.Value == (int)WalReceiverState.Streaming;
                return new(replaying == 0 ? "relay" : "standby", replaying == 0 ? (uint)_segment.Receiver.Timeline.Value : replaying, streams ? "streaming" : "waiting for WAL");
            default:
                return new("", 0, "starting up");
        }
    }
}
