using Pgrepl.Shared;

namespace Pgrepl.Cli.Drill;

// One process, or the network: nobody is promoted, both nodes must come back to what they did.
internal sealed partial class DrillRun
{
    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(2);

    private DrillCable? _cable;
    private int _killed;

    /// <summary>Where the thing that is killed lives.</summary>
    private DrillNode Hurt => _options.Kill is DrillKill.WalSender or DrillKill.WalWriter ? _a : _b;

    private void KillOneUnderLoad()
    {
        _load!.WatchSilence();
        if (_options.Kill == DrillKill.Network)
            CutNetwork();
        else
            KillProcess();
        _load.SwitchTo(_a.Conninfo);
        WaitFor(Recovered, $"b does not stream from a again after the loss of {_options.Kill.Word()}");
        _measures.Recover = _timeline.Add($"recovered: b streams from a{(_killed == 0 ? "" : Say($", {_options.Kill.Word()} {Pid()} in place of {_killed}"))}") - _killedAt;
        EndLoad();
        _measures.Outage = _load.LongestSilence.TotalMilliseconds;
        WaitFor(() => _b.TryAsk($"SELECT pg_last_wal_receive_lsn() >= '{_a.TryAsk("SELECT pg_current_wal_flush_lsn()") ?? "FFFFFFFF/0"}'") == "t", "b does not catch up with a");
    }

    private void KillProcess()
    {
        _killed = Pid();
        if (_killed == 0)
            throw Stuck($"{Hurt.Name} has no {_options.Kill.Word()}");
        _killedAt = _timeline.Now;
        ProcessTree.KillOne(_killed);
        _timeline.Add(Say($"SIGKILL to {_options.Kill.Word()} of {Hurt.Name} (PID {_killed}), {_load!.AcknowledgedCount} messages acknowledged"));
    }

    private void CutNetwork()
    {
        _killedAt = _timeline.Now;
        _cable!.Cut();
        _timeline.Add(Say($"network between b and a cut, {_load!.AcknowledgedCount} messages acknowledged"));
        _interrupted.WaitHandle.WaitOne(CutFor);
        _interrupted.ThrowIfCancellationRequested();
        _cable.Heal();
        _timeline.Add("network whole again");
    }

    /// <summary>Of the process to kill, or of the one in its place; 0: there is none.</summary>
    private int Pid() => _options.Kill == DrillKill.WalSender
        ? int.TryParse(_a.TryAsk("SELECT pid FROM pg_stat_get_wal_senders()"), out int pid) ? pid : 0
        : ProcessTree.ChildOf(Hurt.Directory, _options.Kill.Word());

    private bool Recovered() =>
        (_options.Kill == DrillKill.Network || (Pid() is var now && now != 0 && now != _killed))
        && _a.TryAsk("SELECT state FROM pg_stat_get_wal_senders()") == "streaming";
}
