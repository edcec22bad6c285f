using System.Diagnostics;
using System.Globalization;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>Kills at random under load; after each round every acknowledged number is on both disks, and nothing is left over.</summary>
/// <remarks>PGREPL_CAMPAIGN_ROUNDS makes a campaign of it, PGREPL_TEST_SEED repeats one. PGREPL_CAMPAIGN_KEEP names a folder that gets both nodes when a round fails.</remarks>
public sealed class KillCampaignTests
{
    private const int RoundsInSuite = 3;

    /// <summary>Rounds between two looks by PostgreSQL's own reader.</summary>
    private const int WaldumpEvery = 20;

    private static readonly int Rounds = Environment.GetEnvironmentVariable("PGREPL_CAMPAIGN_ROUNDS") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : RoundsInSuite;

    [Test]
    public void Whatever_is_killed_whenever_it_is_no_acknowledged_message_is_lost_and_nothing_is_left()
    {
        int seed = Seed.Number();
        TestContext.Progress.WriteLine($"kill campaign: {Rounds} rounds, PGREPL_TEST_SEED={seed}");
        string[] folders;
        using (CampaignPair pair = new())
        {
            folders = [pair.Folder, .. pair.Nodes.Select(node => node.Data.Path)];
            CampaignAccount account = new(pair);
            CampaignLeaks leaks = new(pair);
            pair.Load.Resume();
            Random dealer = new(seed);
            Queue<Fault> deck = [];
            for (int round = 1; round <= Rounds; round++)
            {
                if (deck.Count == 0)
                    deck = new Queue<Fault>(Faults.Shuffled(dealer));
                Round(pair, account, leaks, round, deck.Dequeue(), new Random(unchecked(seed + round)));
            }
            TestContext.Progress.WriteLine($"kill campaign: {Rounds} rounds, {account.Total} messages acknowledged, none lost; {leaks.Trend()}");
        }
        Assert.That(folders.SelectMany(ProcessFacts.Of), Is.Empty, "processes left behind");
        Assert.That(folders.Where(Directory.Exists), Is.Empty, "folders left behind");
    }

    private static void Round(CampaignPair pair, CampaignAccount account, CampaignLeaks leaks, int round, Fault fault, Random random)
    {
        long began = Stopwatch.GetTimestamp();
        string happened = "", healed = "";
        try
        {
            Lsn from = account.From;
            CampaignRound campaign = new(pair, fault, random);
            happened = campaign.Run();
            long hit = Stopwatch.GetTimestamp();
            healed = pair.Heal(random, campaign.Promoting);
            TimeSpan recovered = Stopwatch.GetElapsedTime(hit);
            pair.Load.Pause();
            int acknowledged = account.Judge();
            if (round % WaldumpEvery == 1)
                happened += $"{(happened.Length > 0 ? ", " : "")}pg_waldump finds all {account.JudgeByWaldump(from)}";
            string figures = leaks.Look();
            pair.Load.Resume();
            TestContext.Progress.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"round {round}, {fault}{(happened.Length > 0 ? $" ({happened})" : "")}: {healed} in {recovered.TotalMilliseconds:0} ms; timeline {pair.Primary.Control.Checkpoint.Timeline}, {acknowledged} acknowledged, {figures}; {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
        }
        catch (Exception error)
        {
            TestContext.Progress.WriteLine($"round {round} FAILED, {fault} ({happened}; {healed}): {error.Message}\n{pair.Describe()}");
            if (Environment.GetEnvironmentVariable("PGREPL_CAMPAIGN_KEEP") is { Length: > 0 } keep)
                _ = Build.Run("cp", ["-a", pair.Folder, keep]);
            throw;
        }
    }
}
