using System.Text;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

/// <summary>A process under test, with a socket pair to hear it by. It is killed and reaped at the end, if it has not ended.</summary>
internal sealed class Spawned : IDisposable
{
    private const int PatienceMilliseconds = 30_000;

    private readonly int _pair;
    private readonly int _end;
    private bool _reaped;

    public Spawned(string path, string[] arguments, int answerDescriptor, bool newSession = true, bool blockSignals = false,
        Dictionary<string, string?>? environment = null, params (int Ours, int Theirs)[] descriptors)
    {
        ProcessCalls.CloseOnExecFrom(3); // as every process of a node does first; the test host has left some open
        (_pair, int theirs) = SocketCalls.CreatePair();
        try
        {
            Pid = ProcessSpawner.Spawn(path, arguments, environment ?? [], [(theirs, answerDescriptor), .. descriptors], newSession, blockSignals);
        }
        finally
        {
            Descriptors.Close(theirs);
        }
        _end = ProcessCalls.OpenPidDescriptor(Pid);
    }

    public int Pid { get; }

    /// <summary>A shell script that says what it has to say on descriptor 9.</summary>
    public static Spawned Shell(string script, bool newSession = true, bool blockSignals = false, Dictionary<string, string?>? environment = null,
        params (int Ours, int Theirs)[] descriptors) =>
        new("/bin/sh", ["sh", "-c", script], 9, newSession, blockSignals, environment, descriptors);

    /// <summary>The next thing it says; empty at its end.</summary>
    public string Hear()
    {
        Await(_pair);
        byte[] buffer = new byte[64 * 1024];
        return Encoding.UTF8.GetString(buffer, 0, SocketCalls.Receive(_pair, buffer));
    }

    /// <summary>All it says until it ends.</summary>
    public string HearAll()
    {
        StringBuilder all = new();
        for (string said = Hear(); said.Length > 0; said = Hear())
            all.Append(said);
        return all.ToString();
    }

    public ExitStatus WaitForExit()
    {
        Await(_end);
        Assert.That(_reaped = ProcessCalls.TryReap(Pid, out ExitStatus status), Is.True);
        return status;
    }

    public void Dispose()
    {
        if (!_reaped)
        {
            ProcessCalls.Kill(Pid, Signal.SIGKILL);
            WaitForExit();
        }
        Descriptors.Close(_pair);
        Descriptors.Close(_end);
    }

    private static void Await(int descriptor)
    {
        Poller poller = new();
        poller.Add(descriptor, PollEvents.Readable);
        Assert.That(poller.Wait(PatienceMilliseconds), Is.EqualTo(1), "nothing came in time");
    }
}
