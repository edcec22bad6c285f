using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>Makes one fault happen to a healthy pair under load.</summary>
internal sealed class CampaignRound(CampaignPair pair, Fault fault, Random random)
{
    /// <summary>Most that anybody needs to come to a place.</summary>
    private static readonly TimeSpan TrapLimit = TimeSpan.FromSeconds(10);

    /// <summary>Roles as they were before.</summary>
    private readonly TestNode _primary = pair.Primary, _standby = pair.Standby;

    private readonly List<string> _told = [];
    private Trap? _trap;

    /// <summary>A promotion was asked for: the roles are swapped.</summary>
    public bool Promoting { get; private set; }

    /// <returns>What happened, in words.</returns>
    public string Run()
    {
        Await(random.Next(20, 200));
        switch (fault.When)
        {
            case Moment.Load or Moment.Standby:
                UnderLoad();
                break;
            case Moment.Recovery:
                DuringStart(_primary, "primary", "walwriter");
                break;
            case Moment.Return:
                DuringStart(_standby, "standby", "startup");
                break;
            case Moment.Promotion:
                DuringPromotion();
                break;
            case Moment.Rejoin:
                DuringRejoin();
                break;
            case Moment.CatchUp:
                DuringCatchUp();
                break;
            default:
                DuringStop();
                break;
        }
        return string.Join(", ", _told);
    }

    private void UnderLoad()
    {
        if (fault.Place is null)
        {
            KillVictims();
            return;
        }
        TestNode node = fault.When == Moment.Load ? _primary : _standby;
        Arm(node);
        pair.Begin(() => Provoke(node));
        Spring();
    }

    /// <summary>New segments bring switches, checkpoints and restart points.</summary>
    private void Provoke(TestNode node)
    {
        using ManualResetEvent never = new(false);
        for (long deadline = Environment.TickCount64 + (long)TrapLimit.TotalMilliseconds; File.Exists(node.CrashPointFile) && Environment.TickCount64 < deadline;)
        {
            _ = _primary.TryAsk("SELECT pg_switch_wal()");
            never.WaitOne(200);
        }
    }

    /// <summary>While it comes up again, after a reset or after the loss of its host.</summary>
    /// <param name="process">Whose kill makes the node recover.</param>
    private void DuringStart(TestNode node, string role, string process)
    {
        Arm(node);
        if (random.Next(2) == 0)
        {
            Kill($"{role} {process}");
        }
        else
        {
            Kill($"{role} node");
            pair.Begin(() => node.TryStart());
        }
        Spring();
    }

    private void DuringPromotion()
    {
        LosePrimary();
        Arm(_standby);
        Promote();
        Spring();
    }

    private void DuringRejoin()
    {
        LosePrimary();
        Promote();
        AwaitPromotion();
        Arm(_primary);
        pair.Begin(() => pair.Rejoin());
        Spring();
    }

    private void DuringCatchUp()
    {
        LosePrimary();
        Promote();
        AwaitPromotion();
        Build.Expect(pair.Rejoin());
        Arm(_primary);
        pair.Begin(() => _primary.TryStart());
        Spring();
    }

    private void DuringStop()
    {
        TestNode node = fault.When == Moment.StandbyFast ? _standby : _primary;
        string mode = fault.When == Moment.StandbyFast ? "fast" : fault.When.ToString().ToLowerInvariant();
        if (fault.Place is not null)
            Arm(node);
        pair.Begin(() => node.Pgrepl("stop", "-D", node.Data.Path, "-m", mode));
        if (fault.When == Moment.Smart)
        {
            Pause(0, 100);
            pair.Load.Pause(close: true); // it waits for the sessions
        }
        if (fault.Place is not null)
        {
            Spring();
            return;
        }
        Pause(0, 300);
        KillVictims();
    }

    /// <summary>The primary's host is lost; before that, it may write what the standby does not get: nobody is told that it is done.</summary>
    private void LosePrimary()
    {
        if (random.Next(3) > 0 || fault.When == Moment.Rejoin)
        {
            Eventually.Holds(() => Sender(_primary, true).Length > 0);
            foreach (int pid in Sender(_primary, streams: true))
                ProcessCalls.Kill(pid, Signal.SIGSTOP);
            Pause(100, 300);
        }
        Kill("primary node");
    }

    private void Promote()
    {
        pair.PrepareStandby(synchronous: random.Next(2) == 0);
        pair.Swap();
        Promoting = true;
        pair.Begin(() => pair.AskForPromotion(_standby));
    }

    private void AwaitPromotion()
    {
        Eventually.Holds(() => _standby.TryAsk("SELECT pg_is_in_recovery()") == "f", CampaignPair.Patience);
        if (!pair.Synchronous)
            Await(random.Next(10, 50));
        else
            Pause(0, 100);
    }

    private void Arm(TestNode node) => _trap = new Trap(node, fault.Place!, stop: fault.Victims[0] != "self");

    private void Spring()
    {
        if (!_trap!.WaitUntilSprung(TrapLimit))
            _told.Add("nobody came there");
        if (fault.Victims[0] != "self")
            KillVictims();
        _trap.Release();
    }

    private void KillVictims()
    {
        if (fault.Victims.Length > 1 && Array.TrueForAll(fault.Victims, victim => victim.EndsWith("node", StringComparison.Ordinal)))
        {
            Parallel.Invoke(_primary.KillAll, _standby.KillAll);
            return;
        }
        foreach (string victim in fault.Victims)
        {
            Kill(victim);
            if (random.Next(2) == 0)
                Pause(0, 100);
        }
    }

    /// <param name="victim">Role and what of it, the roles as they were when the round began.</param>
    private void Kill(string victim)
    {
        string[] words = victim.Split(' ');
        TestNode node = words[0] == "primary" ? _primary : _standby;
        if (words[1] == "node")
        {
            node.KillAll();
            return;
        }
        int[] pids = words[1] switch
        {
            "postmaster" => CampaignPair.Runs(node) && node.PostmasterPid is { } pid ? [pid] : [], // it may end just now
            "stream" => Sender(node, streams: true),
            "session" => Sender(node, streams: false),
            _ => node.Children(words[1]),
        };
        if (pids.Length == 0)
            _told.Add($"no {words[1]} was there");
        else
            ProcessCalls.Kill(pids[random.Next(pids.Length)], Signal.SIGKILL);
    }

    /// <summary>Walsender processes that serve the standby, or that do not; known by whether they read a segment of WAL. (Sessions that commit write one.)</summary>
    private static int[] Sender(TestNode node, bool streams) =>
        [.. node.Children("walsender").Where(pid => ProcessFacts.ReadOnlyFiles(pid).Any(path => path.Contains("/pg_wal/0", StringComparison.Ordinal)) == streams)];

    /// <summary>Lets so many answers come.</summary>
    private void Await(int answers)
    {
        int before = pair.Load.Count;
        Eventually.Holds(() => pair.Load.Count >= before + answers, CampaignPair.Patience);
    }

    /// <summary>The moment of a fault is part of it.</summary>
    private void Pause(int fewestMilliseconds, int milliseconds)
    {
        using ManualResetEvent never = new(false);
        never.WaitOne(random.Next(fewestMilliseconds, milliseconds));
    }
}
