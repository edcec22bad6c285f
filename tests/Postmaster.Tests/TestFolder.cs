using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;

namespace Pgrepl.Postmaster.Tests;

/// <summary>A folder of its own for one test, and the processes a test leaves in it; all gone afterwards.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly List<int> _children = [];

    public string Path { get; } = Directory.CreateTempSubdirectory("pgrepl-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Starts /bin/sh with a script.</summary>
    /// <param name="descriptors">Which of our descriptors it gets, under which number.</param>
    public int Start(string script, params (int Ours, int Theirs)[] descriptors)
    {
        int pid = ProcessSpawner.Spawn("/bin/sh", ["sh", "-c", script], new Dictionary<string, string?>(), descriptors, newSession: true, blockSignals: false);
        _children.Add(pid);
        return pid;
    }

    /// <summary>A pid that names no process any more: it was given away and is reaped.</summary>
    public int DeadPid()
    {
        int pid = Start("exit 0"), pidDescriptor = ProcessCalls.OpenPidDescriptor(pid);
        Poller end = new();
        end.Add(pidDescriptor, PollEvents.Readable);
        Assert.That(end.Wait(60_000), Is.EqualTo(1));
        Descriptors.Close(pidDescriptor);
        Assert.That(ProcessCalls.TryReap(pid, out _), Is.True);
        _children.Remove(pid);
        return pid;
    }

    public void Dispose()
    {
        foreach (int child in _children)
        {
            ProcessCalls.Kill(-child, Signal.SIGKILL); // its session: whatever the script started too
            while (!ProcessCalls.TryReap(child, out _))
                Thread.Yield();
        }
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Defaults, changed by pairs of name and value.</summary>
    public static SettingValues Settings(params (string Name, string Value)[] changes) =>
        changes.Aggregate(SettingValues.Defaults, (settings, change) => settings.With(change.Name, change.Value, SettingSource.CommandLine));
}
