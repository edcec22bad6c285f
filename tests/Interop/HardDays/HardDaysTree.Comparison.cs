using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.HardDays;

internal sealed partial class HardDaysTree
{
    /// <summary>End of what the primary has flushed.</summary>
    public Lsn PrimaryEnd() => Lsn.Parse(Primary.Ask("SELECT pg_current_wal_flush_lsn()"));

    /// <summary>Compares all pg_wal with the primary's: complete segments whole, the last one up to <paramref name="end"/>.</summary>
    /// <param name="start">In the first segment to compare; one that somebody no longer has is left out.</param>
    /// <param name="end">Which all have.</param>
    /// <param name="compared">How many files were compared with the primary's.</param>
    /// <returns>The first difference, or null.</returns>
    public string? Difference(Lsn start, Lsn end, out int compared)
    {
        compared = 0;
        for (WalSegment segment = WalSegment.Containing(start, TimelineId.First, SegmentSize); segment.Start(SegmentSize) < end; segment = segment.Next)
        {
            string name = segment.FileName(SegmentSize);
            int length = (int)Math.Min(SegmentSize, end.BytesSince(segment.Start(SegmentSize)));
            if (Read(Primary.Wal, name) is not { } expected)
                continue;
            foreach (string folder in new[] { Relay.Data.Wal, Second.Data.Wal, Standby.Wal, _received })
            {
                if (Read(folder, name) is not { } bytes)
                    continue;
                compared++;
                int same = bytes.AsSpan(0, Math.Min(length, bytes.Length)).CommonPrefixLength(expected.AsSpan(0, length));
                if (same < length)
                    return $"{name} in {folder} differs from the primary's at {segment.Start(SegmentSize) + (ulong)same}";
            }
        }
        return null;
    }

    /// <summary>Changes a byte of the relay's pg_wal behind its back.</summary>
    public void Spoil(Lsn position)
    {
        WalSegment segment = WalSegment.Containing(position, TimelineId.First, SegmentSize);
        using FileStream file = File.Open(Path.Combine(Relay.Data.Wal, segment.FileName(SegmentSize)), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = position.BytesSince(segment.Start(SegmentSize));
        int was = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)~was);
    }

    private static byte[]? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            path += ".partial";
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }
}
