using Pgrepl.Shared.Storage;

namespace Pgrepl.Drills.Tests.Campaign;

internal sealed partial class CampaignPair
{
    /// <summary>Answers that must come after all is healed, before the round ends.</summary>
    private const int AnswersAfterwards = 40;

    private readonly List<Task> _underWay = [];

    /// <summary>Something that an operator does, beside what is done to it.</summary>
    public void Begin(Action operation) => _underWay.Add(Task.Run(operation));

    /// <summary>Asks for the promotion of the standby, as pg_ctl does, and does not wait.</summary>
    public void AskForPromotion(TestNode node)
    {
        if (Runs(node))
            _ = node.Pgrepl("promote", "-D", node.Data.Path, "-W");
    }

    /// <summary>Brings both back, by restart or by promotion, and waits until everything flows again.</summary>
    /// <param name="promoting">A promotion was asked for already: roles are swapped.</param>
    /// <returns>What was done.</returns>
    public string Heal(Random random, bool promoting)
    {
        Task.WaitAll([.. _underWay], Patience);
        Assert.That(_underWay.TrueForAll(task => task.IsCompleted), "a start, stop, promotion or rejoin does not end");
        _underWay.Clear();
        foreach (TestNode node in Nodes.Where(node => !Runs(node)))
            Eventually.Holds(() => ProcessFacts.Of(node.Data.Path).Length == 0, Patience); // a dead postmaster's children go with it
        List<string> done = [];
        if (!promoting && !Runs(Primary) && Synchronous && random.Next(2) == 0)
        {
            PrepareStandby(random.Next(2) == 0);
            Swap();
            promoting = true;
            done.Add($"failover to {Primary.Name}");
        }
        if (promoting)
            CompletePromotion();
        else if (!Runs(Primary))
            done.Add(StartBoth(random));
        if (!Runs(Standby))
            done.Add(promoting ? BringBack(random) : StartStandby());
        WaitUntilAllFlows();
        return done.Count == 0 ? "healed itself" : string.Join(", ", done);
    }

    /// <summary>The primary starts; the standby too, before, at the same time or afterwards.</summary>
    private string StartBoth(Random random)
    {
        if (Runs(Standby))
        {
            Primary.Start();
            return $"{Primary.Name} restarted";
        }
        bool together = random.Next(2) == 0;
        if (together)
            Parallel.Invoke(() => Primary.Start(), () => Standby.Start());
        else
            Primary.Start();
        return together ? "both restarted at once" : $"{Primary.Name} restarted";
    }

    private string StartStandby()
    {
        Standby.Start();
        return $"{Standby.Name} restarted";
    }

    /// <summary>However often it is interrupted, it comes to its end; a request that was lost with its node is made again.</summary>
    private void CompletePromotion()
    {
        if (!Runs(Primary))
            Primary.Start();
        Eventually.Holds(() => HasPromoted(), Patience);
    }

    private bool HasPromoted()
    {
        switch (Primary.TryAsk("SELECT pg_is_in_recovery()"))
        {
            case "f":
                return true;
            case "t" when !File.Exists(Primary.Data.PromoteFile) && !File.Exists(Primary.Data.PromotingSignal):
                AskForPromotion(Primary);
                break;
        }
        return false;
    }

    /// <summary>The old primary: refused when it is started as it is, then a standby.</summary>
    private string BringBack(Random random)
    {
        string refused = "";
        if (random.Next(3) == 0 && !File.Exists(Standby.Data.StandbySignal))
        {
            (int code, string output, string errors) = Standby.TryStart();
            Assert.That(code, Is.EqualTo(1), $"the old primary started unchanged: there are two primaries\n{output}{errors}");
            refused = $"{Standby.Name} refused, ";
        }
        Build.Expect(Rejoin());
        Standby.Start();
        return $"{refused}{Standby.Name} rejoined";
    }

    private void WaitUntilAllFlows()
    {
        Eventually.Holds(() => Primary.Streams(Standby.Name), Patience);
        if (!Synchronous)
            SetSynchronous(true);
        AwaitSynchronousStandby();
        Load.Resume();
        int before = Load.Count;
        Eventually.Holds(() => Load.Count >= before + AnswersAfterwards || Load.Hang != null, Patience);
        Assert.That(Load.Hang, Is.Null);
    }
}
