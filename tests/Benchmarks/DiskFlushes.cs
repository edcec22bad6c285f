using System.Globalization;

namespace Pgrepl.Benchmarks;

/// <summary>Flushes of the disk that a folder is on, by whomever: what each fdatasync comes to, some of them together.</summary>
/// <remarks>Source of truth: the kernel's Documentation/admin-guide/iostats.rst, field 16 ("flush requests completed"), from 5.5 on.</remarks>
internal sealed class DiskFlushes
{
    private const int FlushField = 18; // of the line: major, minor, name, then the fields

    private readonly string[] _device;

    public DiskFlushes(string folder)
    {
        string[][] mounts = [.. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))];
        _device = mounts.Where(mount => mount[4] == "/" || folder == mount[4] || folder.StartsWith(mount[4] + "/", StringComparison.Ordinal)).MaxBy(mount => mount[4].Length)![2].Split(':');
    }

    /// <summary>Since the machine started; 0: no disk.</summary>
    public long Count() => File.ReadLines("/proc/diskstats").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields[0] == _device[0] && fields[1] == _device[1]).Select(fields => long.Parse(fields[FlushField], CultureInfo.InvariantCulture)).FirstOrDefault();
}
