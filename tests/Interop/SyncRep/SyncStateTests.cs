namespace Pgrepl.Interop.Tests.SyncRep;

/// <summary>sync_priority and sync_state of four standbys that come and go, under one rule after the other: a real PostgreSQL 15 and ours show the same.</summary>
/// <remarks>The situations are those of PostgreSQL's test 007_sync_rep, and some of its grammar's corners.</remarks>
[TestFixture(false, TestName = "PostgreSQL 15")]
[TestFixture(true, TestName = "pgrepl")]
[Parallelizable(ParallelScope.Self)] // one story
public sealed class SyncStateTests(bool ours)
{
    private SyncServer _server = null!;
    private string _lastStates = "";

    [OneTimeSetUp]
    public void Start() => _server = new SyncServer(ours);

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [Test, CancelAfter(180_000)]
    public void Every_rule_chooses_as_PostgreSQL_does()
    {
        Join("s1", "s2", "s3");
        Shows("s1, s2", "s1|1|sync s2|2|potential s3|0|async");
        Shows("*", "s1|1|sync s2|1|potential s3|1|potential");

        Leave("s1", "s2", "s3");
        Join("s2", "s3"); // the order in which they came decides between equals
        Shows("2(s1,s2,s3)", "s2|2|sync s3|3|sync");
        Join("s1", "s4");
        Shows("2(s1,s2,s3)", "s1|1|sync s2|2|sync s3|3|potential s4|0|async");
        Shows("6(s4,s0,s3,s2)", "s1|0|async s2|4|sync s3|3|sync s4|1|sync");
        Shows("2(s1,*,s2)", "s1|1|sync s2|2|sync s3|2|potential s4|2|potential");
        Shows("2(*)", "s1|1|potential s2|1|sync s3|1|sync s4|1|potential");

        Leave("s3");
        Shows("2(*)", "s1|1|sync s2|1|sync s4|1|potential");
        Shows("FIRST 2(s1, s2)", "s1|1|sync s2|2|sync s4|0|async");
        Shows("ANY 2(s1, s2)", "s1|1|quorum s2|1|quorum s4|0|async");
        Join("s3"); // in the place that s3 left: before s1
        Shows("ANY 2(*)", "s1|1|quorum s2|1|quorum s3|1|quorum s4|1|quorum");
        Shows("2(*)", "s1|1|potential s2|1|sync s3|1|sync s4|1|potential");
        Shows("ANY 9 (s1, s4)", "s1|1|quorum s2|0|async s3|0|async s4|1|quorum");

        Shows("\"s1\", \"s3\"", "s1|1|sync s2|0|async s3|2|potential s4|0|async");
        Shows("S3, s1", "s1|2|potential s2|0|async s3|1|sync s4|0|async");
        Shows("first 1 (s4, s4, s2)", "s1|0|async s2|3|potential s3|0|async s4|1|sync");
        Shows("", "s1|0|async s2|0|async s3|0|async s4|0|async");
        Join("My \"Standby");
        Shows("any 1 (\"My \"\"Standby\", s1)", "My \"Standby|1|quorum s1|1|quorum s2|0|async s3|0|async s4|0|async");
    }

    private void Shows(string rule, string expected)
    {
        TestContext.Out.WriteLine($"{rule}: {expected}");
        _server.Demand(rule);
        Eventually.Holds(() => AreStates(expected));
    }

    private bool AreStates(string expected)
    {
        string states = _server.States();
        if (states != _lastStates)
            TestContext.Out.WriteLine($"    {states}");
        _lastStates = states;
        return states == expected;
    }

    private void Join(params string[] names) => Array.ForEach(names, _server.Join);

    private void Leave(params string[] names) => Array.ForEach(names, _server.Leave);
}
