using System.Globalization;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Node;
using Pgrepl.Wal;
using Pgrepl.WalSender.SyncRep;

namespace Pgrepl.WalSender.Tests.SyncRep;

public sealed class SyncGrantTests
{
    // Standbys: slot:priority:write/flush/apply, in any order.
    [TestCase("FIRST 1 (a, b)", "3:1:30/20/10", "30/20/10")]
    [TestCase("FIRST 1 (a, b)", "3:2:90/80/70 4:1:30/20/10", "30/20/10", TestName = "First: the one of higher priority counts although it is behind")]
    [TestCase("FIRST 2 (a, b, c)", "3:1:30/20/5 4:2:25/22/10 5:3:90/90/90", "25/20/5", TestName = "First: each kind of position has its own oldest")]
    [TestCase("FIRST 2 (a, b)", "3:1:30/20/10", "-", TestName = "First: too few grant nothing")]
    [TestCase("FIRST 1 (*)", "5:1:50/50/50 4:1:40/40/40", "40/40/40", TestName = "First: the lower slot wins a tie")]
    [TestCase("ANY 1 (a, b)", "3:1:30/20/10 4:1:25/22/12", "30/22/12", TestName = "Any 1: the latest")]
    [TestCase("ANY 2 (a, b, c)", "3:1:30/30/30 4:1:20/20/20 5:1:10/10/10", "20/20/20", TestName = "Any 2 of 3: the middle one")]
    [TestCase("ANY 3 (a, b, c)", "3:1:30/30/30 4:1:20/20/20 5:1:10/10/10", "10/10/10", TestName = "Any 3 of 3: the oldest")]
    [TestCase("ANY 2 (a, b, c)", "3:1:30/30/30", "-", TestName = "Any: too few grant nothing")]
    [TestCase("a, b", "4:2:9/9/9", "9/9/9", TestName = "A plain list is FIRST 1")]
    public void What_the_rule_grants(string ruleText, string standbys, string expected)
    {
        SynchronousStandbyNames rule = SynchronousStandbyNames.Parse(ruleText)!;
        List<SyncCandidate> candidates = [.. standbys.Split(' ').Select(Candidate)];
        SyncGrant? grant = SyncGrant.Compute(rule, SyncGrant.Choose(rule, candidates));
        Assert.That(grant is { } g ? $"{g.Write.Value}/{g.Flush.Value}/{g.Apply.Value}" : "-", Is.EqualTo(expected));
    }

    private static SyncCandidate Candidate(string text)
    {
        ulong[] n = [.. text.Split(':', '/').Select(part => ulong.Parse(part, CultureInfo.InvariantCulture))];
        return new SyncCandidate((int)n[0], (int)n[0], (int)n[1], new Lsn(n[2]), new Lsn(n[3]), new Lsn(n[4]));
    }
}
