namespace Pgrepl.Postmaster.Tests;

/// <summary>The postmaster's state machine: every state with every event. "·" stays where it is.</summary>
public sealed class StateMachineTests
{
    /// <remarks>Written from the meaning of the states (pmState's transitions in PostgreSQL 15's postmaster.c), not from the switch.</remarks>
    private const string Table = """
        event               Init          Startup       Recovery      HotStandby    Run           StopBackends  WaitBackends  Shutdown      Shutdown2     WaitDeadEnd   NoChildren
        StartupSpawned      Startup       ·             ·             ·             ·             ·             ·             ·             ·             ·             Startup
        RecoveryStarted     ·             Recovery      ·             ·             ·             ·             ·             ·             ·             ·             ·
        ConsistencyReached  ·             ·             HotStandby    ·             ·             ·             ·             ·             ·             ·             ·
        StartupFinished     ·             Run           Run           Run           ·             ·             ·             ·             ·             ·             ·
        ShutdownDue         ·             StopBackends  StopBackends  StopBackends  StopBackends  ·             ·             ·             ·             ·             ·
        ImmediateShutdown   WaitBackends  WaitBackends  WaitBackends  WaitBackends  WaitBackends  WaitBackends  ·             WaitBackends  WaitBackends  WaitBackends  ·
        ChildCrashed        WaitBackends  WaitBackends  WaitBackends  WaitBackends  WaitBackends  WaitBackends  ·             WaitBackends  WaitBackends  WaitBackends  ·
        ChildrenSignaled    ·             ·             ·             ·             ·             WaitBackends  ·             ·             ·             ·             ·
        LastBackendExited   ·             ·             ·             ·             ·             ·             Shutdown      ·             ·             ·             ·
        WalWriterFinished   ·             ·             ·             ·             ·             ·             ·             Shutdown2     ·             ·             ·
        LastStreamExited    ·             ·             ·             ·             ·             ·             ·             ·             WaitDeadEnd   ·             ·
        LastChildExited     ·             ·             ·             ·             ·             ·             NoChildren    ·             ·             NoChildren    ·
        CrashResetDone      ·             ·             ·             ·             ·             ·             ·             ·             ·             ·             Init
        """;

    private static IEnumerable<TestCaseData> Rows
    {
        get
        {
            string[][] lines = [.. Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
            foreach (string[] line in lines.Skip(1))
                for (int column = 1; column < line.Length; column++)
                {
                    string state = lines[0][column], next = line[column] == "·" ? state : line[column];
                    yield return new TestCaseData(state, line[0], next);
                }
        }
    }

    [TestCaseSource(nameof(Rows))]
    public void In_a_state_an_event_leads_to(string state, string happened, string next) => Assert.That(
        PostmasterStateMachine.Next(Enum.Parse<PostmasterState>(state), Enum.Parse<PostmasterEvent>(happened)),
        Is.EqualTo(Enum.Parse<PostmasterState>(next)));

    [Test]
    public void The_table_has_every_state_with_every_event()
    {
        List<(string, string)> inTable = [.. Rows.Select(row => ((string)row.Arguments[0]!, (string)row.Arguments[1]!))];
        IEnumerable<(string, string)> all =
            from state in Enum.GetNames<PostmasterState>()
            from happened in Enum.GetNames<PostmasterEvent>()
            select (state, happened);
        Assert.That(inTable, Is.EquivalentTo(all));
        Assert.That(inTable, Has.Count.EqualTo(11 * 13));
    }

    [TestCase("StartupSpawned StartupFinished ShutdownDue ChildrenSignaled LastBackendExited WalWriterFinished LastStreamExited LastChildExited")]
    [TestCase("StartupSpawned RecoveryStarted ConsistencyReached ShutdownDue ChildrenSignaled LastBackendExited WalWriterFinished LastStreamExited LastChildExited")]
    [TestCase("StartupSpawned ImmediateShutdown LastChildExited")]
    [TestCase("StartupSpawned StartupFinished ChildCrashed LastChildExited")]
    [TestCase("StartupSpawned StartupFinished ShutdownDue ChildrenSignaled LastBackendExited ChildCrashed LastChildExited")]
    public void Every_life_ends_with_nobody_left(string life) => Assert.That(
        life.Split(' ').Select(Enum.Parse<PostmasterEvent>).Aggregate(PostmasterState.Init, PostmasterStateMachine.Next),
        Is.EqualTo(PostmasterState.NoChildren));
}
