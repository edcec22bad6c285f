namespace Pgrepl.Shared.Storage;

/// <summary>What a folder lies on, for messages.</summary>
public static class MountPoint
{
    /// <returns>Device and mount point, <c>/dev/sda1 on /var</c>; the folder itself when that cannot be told.</returns>
    /// <remarks>/proc/self/mountinfo: the mount point is field 5, the device the second field after the dash. The longest mount point that the path begins with, and of equals the last, is on top.</remarks>
    public static string Of(string folder)
    {
        string path = Path.GetFullPath(folder), best = "", device = folder;
        try
        {
            foreach (string line in File.ReadLines("/proc/self/mountinfo"))
            {
                string[] halves = line.Split(" - "), first = halves[0].Split(' '), second = halves[^1].Split(' ');
                string point = first.Length > 4 ? first[4].Replace("\\040", " ", StringComparison.Ordinal) : "";
                bool covers = path == point || path.StartsWith(point.TrimEnd('/') + "/", StringComparison.Ordinal);
                if (covers && point.Length >= best.Length && second.Length > 1)
                    (best, device) = (point, $"{second[1]} on {point}");
            }
        }
        catch (IOException)
        {
            return folder;
        }
        return device;
    }
}
