using System.Collections.Concurrent;

namespace Pgrepl.Wal.Tests;

/// <summary>Damages a log's segments in a folder, one damage at a time, and lets pg_waldump and our reader read each: same first and last record, same count, same words.</summary>
internal sealed class JudgedDamage(TestLog log)
{
    private readonly ConcurrentQueue<string> _differences = new();
    private readonly ConcurrentBag<ReadEnd> _ends = [];

    /// <summary>Where pg_waldump came to.</summary>
    public IReadOnlyCollection<ReadEnd> Ends => _ends;

    /// <summary>Segments from the log's start are damaged by flips of (byte's offset, bit).</summary>
    public void Flip(IEnumerable<(int Offset, int Bit)> flips) => Each(flips, flip => $"{log.Base + (ulong)flip.Offset}, bit {flip.Bit}", (flip, folder, postgres) =>
    {
        byte[] one = [log.Bytes[flip.Offset]];
        one[0] ^= (byte)(1 << flip.Bit);
        Write(folder, flip.Offset, one);
        postgres();
        Write(folder, flip.Offset, log.Bytes.AsSpan(flip.Offset, 1));
    });

    /// <summary>The segment that starts at an offset is cut to a length.</summary>
    public void Truncate(IEnumerable<(int Segment, int Length)> cuts) => Each(cuts, cut => $"segment {log.Base + (ulong)cut.Segment}, {cut.Length} bytes", (cut, folder, postgres) =>
    {
        string path = Path.Combine(folder.Path, folder.File(log.Base + (ulong)cut.Segment));
        File.WriteAllBytes(path, log.Bytes.AsSpan(cut.Segment, cut.Length));
        postgres();
        File.WriteAllBytes(path, log.Bytes.AsSpan(cut.Segment, log.SegmentSize));
    });

    private void Each<T>(IEnumerable<T> damages, Func<T, string> name, Action<T, ForgedFolder, Action> damage)
    {
        PostgresTools.Find("pg_waldump");
        Parallel.ForEach(damages, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, NewFolder, (one, _, place) =>
        {
            damage(one, place.Folder, () => Compare(name(one), place.Folder));
            return place;
        }, place => place.Owner.Dispose());
        TestContext.Out.WriteLine($"{_ends.Count} damaged logs:\n{string.Join('\n', _ends.GroupBy(end => ForgedRecordsTests.Kind(end.Error)).Select(kind => $"{kind.Count(),7} {kind.Key}").Order())}");
        Assert.That(_differences, Is.Empty);
    }

    private void Compare(string name, ForgedFolder folder)
    {
        ReadEnd postgres = ReadEnd.OfPostgres(folder);
        ReadEnd ours = ReadEnd.OfOurs(folder);
        if (ours != postgres && _differences.Count < 20)
            _differences.Enqueue($"{name}:\n  pg_waldump {postgres}\n  ours       {ours}");
        _ends.Add(postgres);
    }

    private (TemporaryFolder Owner, ForgedFolder Folder) NewFolder()
    {
        var owner = new TemporaryFolder();
        log.Save(owner.Path);
        return (owner, new(owner.Path, log.SegmentSize, log.Records[0].Start, log.Base + (ulong)log.Bytes.Length));
    }

    private void Write(ForgedFolder folder, int offset, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(Path.Combine(folder.Path, folder.File(log.Base + (ulong)offset)), FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, bytes, offset % log.SegmentSize);
    }
}
