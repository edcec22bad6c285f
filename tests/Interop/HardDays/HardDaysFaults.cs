using Pgrepl.Shared.Native;

namespace Pgrepl.Interop.Tests.HardDays;

/// <summary>What goes wrong on a hard day; a generator picks.</summary>
internal sealed class HardDaysFaults(HardDaysTree tree, Random random)
{
    private static readonly string[] Kinds = ["walreceiver", "startup", "walwriter", "walsender"];

    /// <summary>Three to five faults, one after the other, a moment between them.</summary>
    /// <returns>What was done.</returns>
    public IEnumerable<string> Day()
    {
        for (int left = random.Next(3, 6); left > 0; left--)
        {
            Pause(100, 800);
            yield return random.Next(3) == 0 ? Cut() : Kill();
        }
        Pause(100, 800);
    }

    private string Kill()
    {
        switch (random.Next(8))
        {
            case 0:
                tree.Primary.KillAll();
                Pause(0, 300);
                tree.Primary.Start();
                return "primary killed";
            case 1:
                return KillRelay(tree.Relay);
            case 2:
                return KillRelay(tree.Second);
            case 3:
                tree.Standby.KillAll();
                Pause(0, 300);
                tree.Standby.Start();
                return "standby killed";
            case 4:
                tree.RestartReceiver();
                return "pg_receivewal killed";
            case 5:
                return KillEverything();
            default:
                return KillChild();
        }
    }

    private string KillRelay(TestNode relay)
    {
        relay.KillAll();
        Pause(0, 300);
        relay.Start();
        return $"relay {relay.Name} killed";
    }

    /// <summary>One process of the relay, which then ends the others and begins anew.</summary>
    private string KillChild()
    {
        string kind = Kinds[random.Next(Kinds.Length)];
        int[] pids = tree.Relay.Children(kind);
        if (pids.Length == 0)
            return $"no {kind} to kill";
        ProcessCalls.Kill(pids[random.Next(pids.Length)], Signal.SIGKILL);
        return $"{kind} killed";
    }

    /// <summary>All at once; then they come back in any order.</summary>
    private string KillEverything()
    {
        Parallel.Invoke(tree.Primary.KillAll, tree.Relay.KillAll, tree.Second.KillAll, tree.Standby.KillAll);
        Action[] starts = [() => tree.Primary.Start(), () => tree.Relay.Start(), () => tree.Second.Start(), () => tree.Standby.Start()];
        random.Shuffle(starts);
        foreach (Action start in starts)
            start();
        return "everything killed";
    }

    /// <summary>Above or below the relay: connections are closed, or nothing passes until both sides have given up; perhaps something is killed meanwhile.</summary>
    private string Cut()
    {
        (Cable cable, string where) = random.Next(2) == 0 ? (tree.AboveRelay, "above") : (tree.BelowRelay, "below");
        if (random.Next(4) == 0)
        {
            cable.CloseAll();
            return $"connections {where} the relay closed";
        }
        cable.Cut();
        Pause(100, 500);
        string meanwhile = random.Next(2) == 0 ? $" ({Kill()})" : "";
        Pause(2200, 3500); // timeouts are 2 s
        cable.Heal();
        return $"network {where} the relay cut{meanwhile}";
    }

    /// <summary>The moment of a fault is part of it.</summary>
    private void Pause(int fewestMilliseconds, int milliseconds)
    {
        using ManualResetEvent never = new(false);
        never.WaitOne(random.Next(fewestMilliseconds, milliseconds));
        tree.KeepPgbench();
    }
}
