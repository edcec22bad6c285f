using System.Collections.Concurrent;

namespace Pgrepl.Wal.Tests;

/// <summary>A folder that holds one forged log after another; only segments that differ from the last one's are written.</summary>
internal sealed class ForgedSegments : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private byte[] _written = [];

    public void Dispose() => _folder.Dispose();

    /// <summary>The range to read goes from the log's start to its last segment's end.</summary>
    public ForgedFolder Save(ForgedLog log)
    {
        var folder = new ForgedFolder(_folder.Path, log.SegmentSize, log.Start, log.Base + (ulong)log.Bytes.Length);
        for (int at = 0; at < log.Bytes.Length; at += log.SegmentSize)
        {
            ReadOnlySpan<byte> segment = log.Bytes.AsSpan(at, log.SegmentSize);
            if (at >= _written.Length || !segment.SequenceEqual(_written.AsSpan(at, log.SegmentSize)))
                File.WriteAllBytes(Path.Combine(_folder.Path, folder.File(log.Base + (ulong)at)), segment);
        }
        _written = log.Bytes;
        return folder;
    }

    /// <summary>Lets both readers read every forgery, as many at a time as there are processors; a difference fails the test by name.</summary>
    public static Dictionary<string, ReadEnd> CompareAll(IEnumerable<(string Name, Func<ForgedLog> Forge)> forgeries)
    {
        PostgresTools.Find("pg_waldump");
        var ends = new ConcurrentDictionary<string, ReadEnd>();
        var differences = new ConcurrentBag<string>();
        Parallel.ForEach(forgeries, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, () => new ForgedSegments(), (forgery, _, segments) =>
        {
            ForgedFolder folder = segments.Save(forgery.Forge());
            ReadEnd postgres = ReadEnd.OfPostgres(folder);
            ReadEnd ours = ReadEnd.OfOurs(folder);
            if (ours != postgres)
                differences.Add($"{forgery.Name}:\n  pg_waldump {postgres}\n  ours       {ours}");
            ends[forgery.Name] = postgres;
            return segments;
        }, segments => segments.Dispose());
        TestContext.Out.WriteLine($"{ends.Count} forgeries");
        Assert.That(differences, Is.Empty);
        return new(ends);
    }
}
