using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

/// <summary>What a child finds when it starts, seen by the child itself.</summary>
public sealed class ProcessSpawnerTests
{
    [Test]
    public void A_child_has_exactly_the_descriptors_we_name()
    {
        int given = Descriptors.MoveUp(Descriptors.CreateEvent()), kept = Descriptors.MoveUp(Descriptors.CreateEvent());
        using Spawned child = Spawned.Shell("exec ls /proc/self/fd >&9", descriptors: (given, 4));
        Assert.That(child.HearAll().Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(["0", "1", "2", "3", "4", "9"]), "3 is the folder that ls reads");
        Descriptors.Close(given);
        Descriptors.Close(kept);
    }

    [TestCase(true, 0x4A07UL, Description = "HUP, INT, QUIT, USR1, USR2, TERM")]
    [TestCase(false, 0UL)]
    public void A_child_starts_with_a_known_mask_and_default_dispositions(bool blocked, ulong mask)
    {
        using Spawned child = Spawned.Shell("exec cat /proc/self/status >&9", blockSignals: blocked);
        Dictionary<string, ulong> sets = child.HearAll().Split('\n').Where(line => line.StartsWith("Sig", StringComparison.Ordinal) && !line.StartsWith("SigQ", StringComparison.Ordinal))
            .ToDictionary(line => line[..6], line => Convert.ToUInt64(line[7..].Trim(), 16));
        const ulong LibraryOwn = 3UL << 31; // glibc leaves its signals 32 and 33 ignored until a thread needs them
        Assert.That(sets["SigBlk"], Is.EqualTo(mask));
        Assert.That(sets["SigIgn"] & ~LibraryOwn, Is.Zero, "SIGPIPE above all, which the runtime ignores in us");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_child_leads_its_own_session_when_told_so(bool own)
    {
        using Spawned child = Spawned.Shell("exec cat /proc/self/stat >&9", newSession: own);
        int session = Session(child.HearAll());
        Assert.That(session, Is.EqualTo(own ? child.Pid : Session(File.ReadAllText("/proc/self/stat"))));
    }

    [Test]
    public void The_environment_is_ours_with_changes()
    {
        Environment.SetEnvironmentVariable("PGREPL_TEST_GONE", "x");
        Environment.SetEnvironmentVariable("PGREPL_TEST_KEPT", "k");
        using Spawned child = Spawned.Shell("echo \"[$PGREPL_TEST_GONE][$PGREPL_TEST_KEPT][$PGREPL_TEST_NEW]\" >&9",
            environment: new() { ["PGREPL_TEST_GONE"] = null, ["PGREPL_TEST_NEW"] = "ä b" });
        Assert.That(child.HearAll(), Is.EqualTo("[][k][ä b]\n"));
    }

    [Test]
    public void A_program_that_is_not_there_is_an_error_with_its_number()
    {
        SystemCallException error = Assert.Throws<SystemCallException>(
            () => ProcessSpawner.Spawn("/nowhere/pgrepl-startup", ["pgrepl-startup"], new Dictionary<string, string?>(), [], newSession: true, blockSignals: true));
        Assert.That(error.Errno, Is.EqualTo(SystemError.ENOENT));
        Assert.That(error.Message, Is.EqualTo("could not start \"/nowhere/pgrepl-startup\": No such file or directory"));
    }

    [TestCase("exit 0", "exited with exit code 0")]
    [TestCase("exit 137", "exited with exit code 137")]
    [TestCase("kill -9 $$", "was terminated by signal 9")]
    public void An_exit_is_told_from_a_signal(string script, string expected)
    {
        using Spawned child = Spawned.Shell(script);
        Assert.That(child.WaitForExit().ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void A_running_child_is_not_reaped()
    {
        using Spawned child = Spawned.Shell("exec sleep 60");
        Assert.That(ProcessCalls.TryReap(child.Pid, out _), Is.False);
        Assert.That(ProcessCalls.IsAlive(child.Pid), Is.True);
        ProcessCalls.Kill(child.Pid, Signal.SIGKILL);
        child.WaitForExit();
        Assert.That(ProcessCalls.IsAlive(child.Pid), Is.False);
    }

    private static int Session(string stat) => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
}
