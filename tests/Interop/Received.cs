using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>A pg_receivewal of PostgreSQL 15 that runs against a node, and its folder; both are gone at Dispose.</summary>
internal sealed class Received : IDisposable
{
    private readonly RunningProgram _program;

    public Received(TestNode from, params string[] arguments) : this(from, from.Conninfo, arguments)
    {
    }

    public Received(TestNode from, string conninfo, string[] arguments)
    {
        _program = new RunningProgram(PostgresTools.Find("pg_receivewal"), ["-v", "-D", Folder, "-d", conninfo, .. arguments]);
        Eventually.Holds(() => from.TryAsk("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_receivewal' AND state = 'streaming'") == "1");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("pgrepl-received-").FullName;

    public string Output => _program.Output;

    /// <summary>Waits until it has written what our node has before this position.</summary>
    public void HasUpTo(TestNode node, Lsn end)
    {
        Eventually.Holds(() => Has(node, end));
    }

    /// <summary>Whether the last segment before <paramref name="end"/> is there, complete or partial, and equal to ours up to that position.</summary>
    public bool Has(TestNode node, Lsn end)
    {
        int size = node.Control.SegmentSize;
        WalSegment segment = WalSegment.EndingAt(end, node.Control.Checkpoint.Timeline, size);
        int length = (int)(end.Value - segment.Start(size).Value);
        string name = segment.FileName(size), path = Path.Combine(Folder, name);
        return (BytesOf(path) ?? BytesOf(path + ".partial")) is { } received && received.Length >= length // it may still be making the file
            && received.AsSpan(0, length).SequenceEqual(File.ReadAllBytes(Path.Combine(node.Data.Wal, name)).AsSpan(0, length));
    }

    /// <returns><see langword="null"/>: the file is not there, or no more, as a partial segment is renamed when it is complete.</returns>
    private static byte[]? BytesOf(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Ends it as an operator does, with Ctrl-C.</summary>
    public void Stop()
    {
        _program.Interrupt();
        Assert.That(_program.End(), Is.Zero, Output);
    }

    /// <summary>Complete segments it has; each must equal ours.</summary>
    /// <returns>How many.</returns>
    public int CompleteSegmentsEqualTo(TestNode node)
    {
        string[] complete = [.. Directory.GetFiles(Folder).Where(path => Path.GetFileName(path).Length == 24)];
        foreach (string path in complete)
            Assert.That(File.ReadAllBytes(path), Is.EqualTo(File.ReadAllBytes(Path.Combine(node.Data.Wal, Path.GetFileName(path)))).AsCollection, path);
        return complete.Length;
    }

    public void Dispose()
    {
        _program.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
