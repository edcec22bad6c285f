using System.Diagnostics;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter.Tests;

/// <summary>A primary without processes: a segment, a data directory, and inserters and walwriter as threads of the test.</summary>
internal sealed class TestNode : IDisposable
{
    public const int SegmentSize = 1 << 20;
    public const ulong SystemId = 7_000_000_000_000_000_002;
    public static readonly Lsn FirstSegment = new(SegmentSize);

    private readonly Latch[] _latches;

    public TestNode(int bufferPages, int inserters = 8)
    {
        Data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-test-").FullName);
        DurableFile.CreateDirectory(Data.Wal);
        DurableFile.CreateDirectory(Data.Global);
        Segment = SharedSegment.Create(SharedSegment.FirstWalSenderSlot + inserters, bufferPages, 1, replicationSlots: 2);
        _latches = [.. Segment.Slots.Select(s => new Latch(s, Descriptors.CreateEvent()))];
        Segment.Recovery.SegmentSize.Value = SegmentSize;
        Segment.Recovery.SystemId.Value = (long)SystemId;
    }

    public DataDirectory Data { get; }
    public SharedSegment Segment { get; }
    public WalControl Wal => Segment.Wal;
    public ServerLog Log { get; } = new(Serilog.Events.LogEventLevel.Fatal);

    public Latch LatchOf(int slot) => _latches[slot];

    public Latch WriterLatch => _latches[SharedSegment.SlotOf(ProcessKind.WalWriter)];

    /// <summary>What init and startup do: a first checkpoint, pg_control, hand-over.</summary>
    /// <returns>Where the WAL starts.</returns>
    public Lsn StartUp(ulong nextXid = 3)
    {
        using WalAppender appender = new(Data, SegmentSize, SystemId, TimelineId.First, FirstSegment, Lsn.Invalid);
        Lsn redo = FirstSegment + WalFormat.LongPageHeaderSize;
        Checkpoint checkpoint = new(redo, TimelineId.First, TimelineId.First, true, nextXid, 10000, 1, 0, 3, 1, 1, 1, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 0, 0, 0);
        WalRecordBuilder builder = new();
        checkpoint.Build(builder, shutdown: true);
        (Lsn start, _) = appender.Append(builder);
        appender.Flush();
        ControlFile.Create(Data, new ControlFileData
        {
            SystemId = SystemId,
            State = DatabaseState.InProduction,
            CheckpointLocation = start,
            Checkpoint = checkpoint,
            SegmentSize = SegmentSize,
        });
        WalHandover.Publish(Segment, appender, TimelineId.First, nextXid, redo);
        Segment.Recovery.RecoveryDone.Value = 1;
        return start;
    }

    /// <summary>The inserter of a session, for one thread.</summary>
    public WalInserter Inserter(int number, TimeProvider? time = null)
    {
        int slot = SharedSegment.FirstWalSenderSlot + number;
        return new WalInserter(Segment, Segment.Slots[slot], new ThreadWaits(this, slot), time);
    }

    public WalFlusher Flusher(WalWriteOwner owner = WalWriteOwner.WalWriter) => new(Segment, Data, LatchOf, owner);

    public KeptWal Kept() => new(Segment, Data, Log, LatchOf, archiveNeeds: () => Lsn.MaxValue);

    public SegmentSupply Supply() => new(Segment, Data, LatchOf, Log);

    /// <summary>Every record from the first on, as a fresh reader finds it in the files.</summary>
    public List<(Lsn Start, Lsn End)> ReadAll(string? walDirectory = null, Lsn from = default)
    {
        DataDirectory data = walDirectory is null ? Data : new DataDirectory(walDirectory);
        using var source = new SegmentPageSource(data, SegmentSize, TimelineHistory.Single(TimelineId.First));
        var reader = new WalReader(source, PostgresMajor.LogCluster, SegmentSize, SystemId);
        reader.BeginRead(from.IsValid ? from : FirstSegment);
        List<(Lsn, Lsn)> read = [];
        while (reader.Read() == WalReadStatus.Record)
            read.Add((reader.RecordStart, reader.RecordEnd));
        return read;
    }

    public List<Lsn> WaldumpStarts(Lsn from, Lsn end)
    {
        const string program = "/usr/lib/postgresql/15/bin/pg_waldump";
        if (!File.Exists(program))
            Assert.Ignore($"needs {program}");
        var start = new ProcessStartInfo(program, ["-p", Data.Wal, "-t", "1", "-s", from.ToString(), "-e", end.ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        List<Lsn> found = [];
        while (process.StandardOutput.ReadLine() is { } line)
            found.Add(Lsn.Parse(line.AsSpan()[(line.IndexOf("lsn: ", StringComparison.Ordinal) + 5)..line.IndexOf(", prev", StringComparison.Ordinal)]));
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, process.StandardError.ReadToEnd);
        return found;
    }

    public void Dispose() => Directory.Delete(Data.Path, recursive: true);

    private sealed class ThreadWaits(TestNode node, int slot) : IWalWaits
    {
        private readonly EventLoop _loop = new(node.Segment, node.LatchOf(slot), -1);

        public bool Interrupted => false;

        public void ResetLatch() => node.LatchOf(slot).Reset();

        public void Wait(int milliseconds) => _loop.Wait(milliseconds);

        public void WakeWalWriter() => node.WriterLatch.Set();

        public WalFlusher CreateFlusher() => node.Flusher(WalWriteOwner.Session);

        public void Panic(Exception error) => Environment.FailFast("a session could not flush", error);
    }
}
