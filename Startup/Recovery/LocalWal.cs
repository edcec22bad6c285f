using Pgrepl.Shared;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Makes what an earlier incarnation left in pg_wal durable before a single byte of it counts as flushed.</summary>
internal static class LocalWal
{
    /// <summary>fdatasyncs every segment from the redo point on: their pages may only have been in the kernel's cache.</summary>
    public static void MakeDurable(ChildProcess self, Lsn redo, int segmentSize)
    {
        TemporaryFiles.Remove(self.Data);
        IReadOnlyList<WalSegment> segments = WalDirectory.List(self.Data, segmentSize);
        RewriteDistrusted(self, segments, segmentSize);
        foreach (WalSegment segment in segments)
        {
            if (segment.End(segmentSize) <= redo)
                continue;
            using WalSegmentFile file = WalSegmentFile.OpenWrite(self.Data, segment, segmentSize);
            file.SyncData();
            self.Loop.Look();
        }
        DurableFile.SyncDirectory(self.Data.Wal);
    }

    /// <summary>Segments whose fdatasync failed get other blocks. A crash reset does that once for each: a second failure is the disk's.</summary>
    private static void RewriteDistrusted(ChildProcess self, IReadOnlyList<WalSegment> segments, int segmentSize)
    {
        bool afterReset = self.Segment.Generation.Value > 1;
        IReadOnlyDictionary<string, int> failures = DistrustedWal.Read(self.Data);
        foreach (WalSegment segment in segments)
        {
            string name = segment.FileName(segmentSize);
            if (!failures.TryGetValue(name, out int count))
                continue;
            if (count > 1 && afterReset)
                throw new PgException(SqlStates.IoError, $"fdatasync of WAL segment \"{name}\" failed again after the segment was written anew",
                    $"The disk is {MountPoint.Of(self.Data.Wal)}.", "Do not trust this disk. Take the standby of this node into service, and make this node anew on another disk.");
            WalSegmentFile.Rewrite(self.Data, segment, segmentSize);
            self.Log.Log($"WAL segment \"{name}\" was written anew, because its fdatasync had failed");
        }
        if (!afterReset)
            DistrustedWal.Forget(self.Data); // the operator has started the node: it gets its chance
    }

    /// <summary>Zeroes everything behind the end of WAL on a timeline and removes the segments after it:
    /// bytes of before the crash must never look like a continuation of what is written next.</summary>
    public static void ForgetBeyond(ChildProcess self, Lsn end, TimelineId timeline, int segmentSize)
    {
        WalSegment last = WalSegment.Containing(end, timeline, segmentSize);
        WalDirectory.Remove(self.Data, WalDirectory.List(self.Data, segmentSize).Where(s => s.Timeline == timeline && s.Number > last.Number), segmentSize);
        if (!WalDirectory.Exists(self.Data, last, segmentSize))
            return;
        using WalSegmentFile file = WalSegmentFile.OpenWrite(self.Data, last, segmentSize);
        byte[] zeros = new byte[1 << 20];
        for (long offset = (long)(end.Value & (ulong)(segmentSize - 1)); offset < segmentSize; offset += zeros.Length)
            file.Write(offset, zeros.AsSpan(0, (int)Math.Min(zeros.Length, segmentSize - offset)));
        file.SyncData();
    }
}
