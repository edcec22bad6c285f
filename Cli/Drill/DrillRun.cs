using System.Globalization;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Init;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Rejoin;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>The drill itself: two nodes, a load, a primary that dies as its host would, a promotion, a refused start, a rejoin, and a count on disk.</summary>
/// <remarks>Or something smaller dies and nobody is promoted (<c>.Child</c>), or nothing dies and the promotion is planned. Nothing is left running when Dispose returns, whatever happened.</remarks>
internal sealed partial class DrillRun : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int PortOfA = 5432;

    private readonly DrillOptions _options;
    private readonly string _sockets;
    private readonly Action<string> _tell;
    private readonly LongWork _longWork;
    private readonly CancellationToken _interrupted;
    private readonly DrillNode _a;
    private readonly DrillNode _b;
    private readonly DrillTimeline _timeline;
    private readonly DrillMeasures _measures = new();
    private DrillLoad? _load;
    private RejoinResult? _rejoined;
    private double _killedAt;

    /// <param name="tell">Gets every line as it comes.</param>
    /// <param name="longWork">Shows how far the load is.</param>
    internal DrillRun(DrillOptions options, DrillFolder folder, Action<string> tell, LongWork longWork, CancellationToken interrupted)
    {
        _options = options;
        _tell = tell;
        _longWork = longWork;
        _interrupted = interrupted;
        _timeline = new DrillTimeline(tell);
        _a = new DrillNode("a", new DataDirectory(folder.In("a")), Path.Combine(folder.Logs, "a.log"), folder.Sockets, PortOfA);
        _b = new DrillNode("b", new DataDirectory(folder.In("b")), Path.Combine(folder.Logs, "b.log"), folder.Sockets, PortOfA + 1);
        _sockets = folder.Sockets;
    }

    internal DrillMeasures Measures => _measures;

    internal IReadOnlyList<Acknowledgement> Acknowledged => _load?.Acknowledged ?? [];

    internal IReadOnlyList<DrillNode> Nodes => [_a, _b];

    /// <exception cref="PgException">A step did not come to its end.</exception>
    internal DrillVerdict Run()
    {
        MakeNodes();
        StartLoad();
        if (!_options.Promotes)
        {
            KillOneUnderLoad();
            StopBoth(_a, _b);
            return Count();
        }
        if (_options.Planned)
            StopPrimaryUnderLoad();
        else
            KillPrimaryUnderLoad();
        PromoteAndWriteOn();
        SeeOldPrimaryRefused();
        RejoinOldPrimary();
        StopBoth(_b, _a);
        return Count();
    }

    public void Dispose()
    {
        // The nodes first: clients that wait for an answer get none, but at once.
        _a.KillAll();
        _b.KillAll();
        _load?.Dispose();
        _cable?.Dispose();
    }

    private void MakeNodes()
    {
        NodeInitializer.Make(new InitOptions(_a.Directory, "trust", Environment.UserName, NextXid: _options.NextXid ?? FirstSegment.FirstNormalXid, Settings: _a.Settings(_b, _options.Synchronous ? _b.Name : "")));
        _a.Start(_interrupted);
        _timeline.Add("primary a is up");
        if (_options.Kill == DrillKill.Network)
            _cable = new DrillCable(Path.Combine(_sockets, "cable"), Path.Combine(_sockets, Say($".s.PGSQL.{PortOfA}")));
        NodeInitializer.Make(new InitOptions(_b.Directory, "trust", Environment.UserName, From: $"{_options.StandbyUpstream ?? _cable?.Conninfo ?? _a.Conninfo} application_name={_b.Name}", Settings: _b.Settings(_a, "")));
        _b.Start(_interrupted);
        _timeline.Add("standby b is up");
        WaitFor(() => _a.Ask("SELECT state FROM pg_stat_get_wal_senders()") == "streaming", "b does not stream from a");
        _timeline.Add("b streams from a");
        ShowViews();
    }

    /// <summary>Before the load: a connection for a look takes longer than a small load.</summary>
    private void ShowViews()
    {
        var end = Lsn.Parse(_a.Ask("SELECT pg_logical_emit_message(true, 'hello', 'so that there is something to see')"));
        WaitFor(() => Lsn.TryParse(_b.Ask("SELECT pg_last_wal_receive_lsn()"), out Lsn received) && received >= end, "b receives nothing");
        _tell("");
        _tell("b=# SELECT * FROM pg_stat_get_wal_receiver();");
        _tell(_b.Show("SELECT * FROM pg_stat_get_wal_receiver()"));
        _tell("a=# SELECT * FROM pg_stat_get_wal_senders();");
        _tell(_a.Show("SELECT * FROM pg_stat_get_wal_senders()"));
    }

    private void StartLoad()
    {
        _measures.TimelineBefore = _a.Control.Checkpoint.Timeline;
        _load = new DrillLoad(_a.Conninfo, _options.Clients, _options.Messages);
        _load.Start();
        _timeline.Add(Say($"{_options.Clients} clients write to a{(_options.Synchronous ? ", each commit waits for b" : "")}"));
        WaitWhileLoadAdvances(() => _load.AcknowledgedCount >= _options.KillAfter);
        _measures.KilledAfter = _load.AcknowledgedCount;
    }

    private void KillPrimaryUnderLoad()
    {
        _load!.HoldReconnects();
        _killedAt = _timeline.Now;
        IReadOnlyList<int> killed = _a.KillAll();
        _timeline.Add(Say($"SIGKILL to all of a ({killed.Count} processes) at {_killedAt:F1} ms, {_load.AcknowledgedCount} messages acknowledged"));
        WaitForNotice();
    }

    private void WaitForNotice()
    {
        WaitFor(() => _load!.LostAt != 0, "no client noticed that a is gone");
        _measures.Notice = Math.Max(0, _timeline.At(_load!.LostAt) - _killedAt);
    }

    /// <summary>A switchover: a stops when it has sent b everything, so that nothing is lost even without --sync.</summary>
    private void StopPrimaryUnderLoad()
    {
        _load!.HoldReconnects();
        _killedAt = _timeline.Now;
        _timeline.Add(Say($"stop a fast, {_load.AcknowledgedCount} messages acknowledged"));
        _a.StopFast(_interrupted);
        WaitForNotice();
        Lsn last = _a.Control.CheckpointLocation;
        _timeline.Add(Say($"a stopped, its last record is the checkpoint at {last}"));
        WaitFor(() => Lsn.TryParse(_b.TryAsk("SELECT pg_last_wal_receive_lsn()"), out Lsn received) && received > last, Say($"b does not have a's last record at {last}"));
    }

    private void PromoteAndWriteOn()
    {
        double asked = _timeline.Add("promote b");
        PidFile node = PidFile.Read(_b.Directory) ?? throw Stuck("b does not run");
        NodePromoter.Ask(_b.Directory, node);
        if (!NodePromoter.Wait(_b.Directory, node, Patience, _interrupted))
            throw Stuck("b did not promote");
        double promoted = _timeline.Add("b is in production");
        _measures.Promote = promoted - asked;
        _load!.SwitchTo(_b.Conninfo);
        WaitFor(() => _load.AnsweredAt != 0, "b acknowledges no message");
        double answered = _timeline.At(_load.AnsweredAt);
        _timeline.Add(Say($"first message acknowledged by b at {answered:F1} ms"));
        _measures.FirstWrite = answered - promoted;
        _measures.Outage = answered - _killedAt;
        EndLoad();
    }

    private void EndLoad()
    {
        WaitWhileLoadAdvances(() => _load!.Done);
        _timeline.Add(Say($"load ended, {_load!.AcknowledgedCount} messages acknowledged"));
        _measures.Sent = _load.Sent;
        _measures.Unknown = _load.Unknown.Count;
    }

    private void SeeOldPrimaryRefused()
    {
        StartOutcome outcome = _a.TryStart(_interrupted);
        if (outcome == StartOutcome.Ready)
            throw new PgException(SqlStates.DataCorrupted, "the old primary started unchanged: there are two primaries");
        if (outcome == StartOutcome.StillStarting)
            throw Stuck("the old primary, started unchanged, neither starts nor ends");
        if (_a.LastExit is { Exited: true, Code: 0 })
            throw new PgException(SqlStates.DataCorrupted, "the old primary, started unchanged, ended as if nothing were wrong", "Its exit code is 0.");
        _timeline.Add(Say($"a, started unchanged, is refused: pgrepl-postmaster {_a.LastExit}"));
        IReadOnlyList<string> fatal = _a.LogLines(int.MaxValue, line => line.Contains("FATAL:", StringComparison.Ordinal));
        if (fatal.Count > 0)
            _tell($"              {fatal.FirstOrDefault(line => line.Contains("forked", StringComparison.Ordinal)) ?? fatal[^1]}");
    }

    private void RejoinOldPrimary()
    {
        double began = _timeline.Add("rejoin a as a standby of b");
        _rejoined = RejoinVerb.Rejoin(_a.Directory, $"{_b.Conninfo} application_name={_a.Name}", line => _tell($"              {line}"));
        _measures.Fork = _rejoined.Plan.Fork.Position;
        _a.Start(_interrupted);
        var end = Lsn.Parse(_b.Ask("SELECT pg_current_wal_flush_lsn()"));
        WaitFor(() => Lsn.TryParse(_a.Ask("SELECT pg_last_wal_receive_lsn()"), out Lsn received) && received >= end, Say($"a does not catch up with b to {end}"));
        _measures.Rejoin = _timeline.Add(Say($"a has flushed everything up to {end}")) - began;
    }

    private void StopBoth(DrillNode primary, DrillNode standby)
    {
        foreach (DrillNode node in new[] { primary, standby })
        {
            node.StopFast(_interrupted);
            _timeline.Add($"{node.Name} stopped");
        }
        _measures.TimelineAfter = primary.Control.Checkpoint.Timeline;
        foreach (DrillNode node in Nodes)
        {
            ControlFileData control = node.Control;
            bool advanced = control.Checkpoint.Timeline > _measures.TimelineBefore;
            if (advanced != _options.Promotes || control.Checkpoint.Timeline != _measures.TimelineAfter)
                throw new PgException(SqlStates.DataCorrupted, $"the control file of {node.Name} does not show the timeline that it must be on", $"It shows timeline {control.Checkpoint.Timeline}.");
        }
    }

    private DrillVerdict Count()
    {
        DrillMessages a = DrillMessages.Read(_a.Directory), b = DrillMessages.Read(_b.Directory);
        _timeline.Add(Say($"counted on disk: a {a.Messages.Count} messages in {a.Records} records to {a.End}, b {b.Messages.Count} in {b.Records} to {b.End}"));
        var aside = new List<FoundMessage>();
        ControlFileData control = _a.Control;
        foreach (string folder in _rejoined?.Aside ?? [])
            aside.AddRange(DrillMessages.ReadAside(folder, TimelineHistory.Single(_measures.TimelineBefore), control.SegmentSize, control.SystemId, _measures.Fork).Messages);
        return DrillVerdict.Judge(_options, _load!.Acknowledged, _load.Unknown, a.Messages, b.Messages, aside);
    }

    private void WaitFor(Func<bool> holds, string otherwise)
    {
        if (!Waiting.Until(holds, Patience, _interrupted))
            throw Stuck(otherwise);
    }

    /// <summary>However long a load takes, it must not stand still.</summary>
    private void WaitWhileLoadAdvances(Func<bool> holds) => _longWork.Run("messages acknowledged", _options.Messages, show =>
    {
        int before = -1;
        while (!Waiting.Until(() => Show() && holds(), Patience, _interrupted))
        {
            int now = _load!.AcknowledgedCount;
            if (now == before)
                throw Stuck(Say($"the load stands still at {now} messages"));
            before = now;
        }

        bool Show()
        {
            show(_load!.AcknowledgedCount);
            return true;
        }
    });

    private static PgException Stuck(string what) => new(SqlStates.QueryCanceled, what, string.Create(CultureInfo.InvariantCulture, $"Waited {Patience.TotalSeconds:F0} s."));

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
