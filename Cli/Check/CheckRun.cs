using System.Text;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Check;

/// <summary>Gathers what the checks judge. What does not apply is left out; what depends on an upstream that cannot be reached, too: its own line says so.</summary>
internal sealed class CheckRun(DataDirectory directory, NodeStatus status, CheckLimits limits)
{
    private readonly SharedSegment? _segment = status.Live is null ? null : NodeMemory.TryOpen(status.Node!.Pid, out _);

    internal IEnumerable<CheckResult> All()
    {
        yield return NodeChecks.Running(status);
        SettingValues? settings = Settings(out string? settingsError);
        if (settings is null)
            yield return CheckResult.Critical("settings", settingsError!);
        settings ??= SettingValues.Defaults;
        if (status.Live is { Upstream: not null } live && settings["primary_conninfo"] is { Length: > 0 } conninfo)
        {
            foreach (CheckResult result in Upstream(conninfo, settings["primary_slot_name"], live))
                yield return result;
        }
        foreach (CheckResult result in Primary(settings))
            yield return result;
        if (_segment is not null)
            yield return Slots(_segment, settings);
        yield return Hba(settings);
        yield return Disk();
        if (status.Live is not null && NodeChecks.Lag(status.Live, limits) is { } lag)
            yield return lag;
    }

    private IEnumerable<CheckResult> Upstream(string conninfo, string slot, LiveStatus live)
    {
        if (PgLibrary.LibpqMissing() is { } missing)
            return [CheckResult.Critical("upstream", missing)];
        UpstreamFacts facts;
        try
        {
            facts = UpstreamQuestions.Ask(conninfo, slot);
        }
        catch (PgException e)
        {
            return [CheckResult.Critical("upstream", SecretText.Mask(e.Message.ReplaceLineEndings(" ")))];
        }
        return new[]
        {
            CheckResult.Ok("upstream", $"{Conninfo.ServerOf(conninfo)} lets this node in"),
            UpstreamChecks.Version(facts, PgLibrary.Version, _segment!.Recovery.Major.Number),
            UpstreamChecks.SystemIdentifier(facts, live.SystemId),
            UpstreamChecks.Timeline(facts, live.Timeline),
            UpstreamChecks.Slot(facts, slot),
            UpstreamChecks.Clock(facts, ClockByStream(), limits.Clock),
        }.OfType<CheckResult>();
    }

    private IEnumerable<CheckResult> Primary(SettingValues settings) => status.Live is not { Role: "primary" } live ? [] : new[]
    {
        PrimaryChecks.Synchronous(SynchronousStandbyNames.Parse(settings["synchronous_standby_names"]), live.Downstreams),
        PrimaryChecks.Peers(PeerQuestions.Ask(settings.List("pgrepl.peers")), live.SystemId, live.Timeline),
    }.OfType<CheckResult>();

    /// <summary>Upstream's clock at its last message minus ours when it came; <see langword="null"/>: none came.</summary>
    private long? ClockByStream() =>
        _segment!.Receiver.Heard.Value == 0 ? null : _segment.Receiver.LastMessageSendTime.Value - _segment.Receiver.LastMessageReceiptTime.Value;

    private static CheckResult Slots(SharedSegment segment, SettingValues settings)
    {
        IReadOnlyList<ReplicationSlotView> slots = segment.ReplicationSlots.Peek(out Wal.Lsn required);
        SlotWal kept = new(segment, settings, required);
        return NodeChecks.Slots([.. slots.Select(slot => (slot.Name, kept.Of(slot)))]);
    }

    private CheckResult Hba(SettingValues settings)
    {
        string path = settings["hba_file"] is { Length: > 0 } file ? file : directory.HbaFile;
        return NodeChecks.Hba(DurableFile.TryRead(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null, path, status.Live?.Downstreams ?? []);
    }

    private CheckResult Disk()
    {
        var drive = new DriveInfo(directory.Wal);
        int segmentSize = status.Control?.SegmentSize ?? status.Relay?.SegmentSize ?? 0;
        long kept = segmentSize == 0 ? 0 : WalDirectory.List(directory, segmentSize).Count * (long)segmentSize;
        return NodeChecks.Disk(drive.AvailableFreeSpace, drive.TotalSize, kept, limits);
    }

    /// <summary>Of the running node, else as a start would read them.</summary>
    private SettingValues? Settings(out string? error)
    {
        error = null;
        if (_segment is not null)
            return LiveStatusReader.SettingsOf(_segment);
        try
        {
            return NodeConfiguration.Load(directory, []);
        }
        catch (ConfigurationException e)
        {
            error = e.Message;
            return null;
        }
    }
}
