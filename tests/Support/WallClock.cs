using System.Text;

namespace Pgrepl.TestSupport;

/// <summary>The wall clock that nodes see, and their children; monotonic clocks stay as they are. Made of Debian's libfaketime.</summary>
public sealed class WallClock : IDisposable
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    private const string SharedMemory = "/dev/shm";

    private readonly string _folder = Directory.CreateTempSubdirectory("pgrepl-clock-").FullName;
    private readonly string _file; // read at every look at the clock

    public WallClock()
    {
        if (!File.Exists(Library))
            Assert.Fail($"{Library} is needed: install Debian's faketime");
        _file = Path.Combine(_folder, "clock");
        File.WriteAllText(_file, "+0h");
    }

    /// <summary>Sets the clock, for all at once.</summary>
    /// <param name="hours">How far from the real one; -9 to 9.</param>
    public void Set(int hours)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(hours), 9);
        using FileStream file = new(_file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(Encoding.ASCII.GetBytes($"{(hours < 0 ? '-' : '+')}{Math.Abs(hours)}h")); // one write of the same length: nobody reads half of it
    }

    /// <summary>After the nodes: libfaketime leaves two files for every process that was killed.</summary>
    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        foreach (string file in Directory.EnumerateFiles(SharedMemory, "*faketime_s*"))
            if (int.TryParse(file[(file.LastIndexOf('_') + 1)..], out int pid) && !TestNode.IsRunning(pid))
                File.Delete(file);
    }

    /// <summary>What a process and its children need in their environment.</summary>
    /// <param name="programs">Who is to see it; none: all.</param>
    public Dictionary<string, string> Environment(params string[] programs)
    {
        Dictionary<string, string> result = new()
        {
            ["LD_PRELOAD"] = Library,
            ["FAKETIME_TIMESTAMP_FILE"] = _file,
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0", // else every timed wait of .NET's ends at once
            ["NO_FAKE_STAT"] = "1",
        };
        if (programs.Length > 0)
            result["FAKETIME_ONLY_CMDS"] = string.Join(',', programs);
        return result;
    }
}
