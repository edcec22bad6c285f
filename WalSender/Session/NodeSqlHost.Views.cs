using System.Net;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Session;

/// <summary>Rows of the views, read from shared memory and pg_control.</summary>
internal sealed partial class NodeSqlHost
{
    public IEnumerable<SettingRow> AllSettings() => SettingsTable.All
        .Where(d => !d.MayHoldPasswords)
        .OrderBy(d => d.Name, StringComparer.OrdinalIgnoreCase)
        .Select(d => new SettingRow(
            d.Name, ShowSetting(d.Name), OwnValue(d.Name) ?? _settings.Values[d.Name], d.Unit, d.Group, d.Description,
            d.Context.ToString().ToLowerInvariant(), d.Kind.ToString().ToLowerInvariant(), _settings.Values.SourceName(d.Name),
            d.Kind == SettingKind.Integer ? d.Min.ToString() : null, d.Kind == SettingKind.Integer ? d.Max.ToString() : null,
            d.EnumValues.Count > 0 ? d.EnumValues : null, d.Default, _settings.ResetValues[d.Name]));

    public ControlRow ControlFile()
    {
        if (RelayFile.Exists(_self.Data))
            throw new PgException(SqlStates.FeatureNotSupported, "a relay has no control file", hint: "Ask the primary, or a standby that has data files.");
        ControlFileData c = Pgrepl.Shared.Storage.ControlFile.Read(_self.Data);
        Checkpoint p = c.Checkpoint;
        return new ControlRow(WalFormat.ControlVersion, WalFormat.CatalogVersion, c.SystemId, c.Time, c.SegmentSize, c.CheckpointLocation, p.Redo, p.Timeline,
            p.PreviousTimeline, p.FullPageWrites, p.NextXid, p.NextOid, p.NextMulti, p.NextMultiOffset, p.OldestXid, p.OldestXidDatabase, p.OldestActiveXid,
            p.OldestMulti, p.OldestMultiDatabase, p.OldestCommitTimestampXid, p.NewestCommitTimestampXid, p.Time);
    }

    public WalReceiverRow? WalReceiver() => ReplicationState.WalReceiver(_self.Segment);

    public WalProgressRow? WalProgress() => ReplicationState.WalProgress(_self.Segment, _self.Data);

    public IReadOnlyList<WalSenderRow> WalSenders() => [.. ReplicationState.WalSenders(_self.Segment, _self.Settings).Select(sender => sender.Row)];

    public IReadOnlyList<ActivityRow> Activity()
    {
        List<ActivityRow> rows = [];
        foreach (ProcessSlot slot in _self.Segment.Slots)
        {
            int pid = slot.Pid.Value;
            var kind = (ProcessKind)slot.Kind.Value;
            var activity = (ActivityState)slot.Activity.Value;
            if (pid == 0 || (kind == ProcessKind.WalSender && activity == ActivityState.Unused))
                continue;
            (string? Type, string? Event) wait = WaitEvents.Of(slot);
            if (kind != ProcessKind.WalSender)
            {
                rows.Add(new ActivityRow(pid, kind.ToString().ToLowerInvariant(), BackendStart: Time(slot.StartTime.Value), WaitEventType: wait.Type, WaitEvent: wait.Event));
                continue;
            }
            bool sql = slot.IsReplication.Value == 0;
            rows.Add(new ActivityRow(pid, sql ? "client backend" : "walsender",
                sql ? DatabaseOid : null, Text(slot.Database.Value), BootstrapUserOid, slot.User.Value, slot.ApplicationName.Value,
                IPAddress.TryParse(slot.ClientAddress.Value, out IPAddress? address) ? address : null, null, slot.ClientPort.Value,
                Time(slot.StartTime.Value), Time(slot.XactStart.Value), Time(slot.QueryStart.Value), Time(slot.StateChange.Value), wait.Type, wait.Event,
                activity switch
                {
                    ActivityState.Active => "active",
                    ActivityState.IdleInTransaction => "idle in transaction",
                    ActivityState.IdleInTransactionAborted => "idle in transaction (aborted)",
                    _ => "idle",
                },
                slot.BackendXid.Value is var xid and not 0 ? (uint)xid : null, slot.FeedbackXmin.Value is var xmin and not 0 ? (uint)xmin : null, slot.Query.Value));
        }
        return rows;
    }

    private static long? Time(long time) => time != 0 ? time : null;

    private static string? Text(string value) => value.Length > 0 ? value : null;
}
