using System.Diagnostics;
using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver.Tests;

/// <summary>The real executable with a segment of its own; the test plays postmaster and startup.</summary>
internal sealed class WalReceiverProcess : IDisposable
{
    private const int Slots = 4;

    private readonly int[] _events = new int[Slots];
    private readonly Latch _startupLatch;
    private readonly EventLoop _loop;
    private readonly (int Ours, int Theirs) _pair = SocketCalls.CreatePair();
    private readonly (int Ours, int Theirs) _idlePair = SocketCalls.CreatePair();
    private readonly int _log;
    private int _pid;

    public WalReceiverProcess(ulong systemId, SettingValues settings)
    {
        Data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-receiver").FullName);
        Directory.CreateDirectory(Data.Wal);
        _log = Descriptors.MoveUp(Descriptors.OpenLocked(LogPath));
        Segment = SharedSegment.Create(Slots, walBufferPages: 16, generation: 1);
        Segment.Recovery.SegmentSize.Value = WalFormat.DefaultSegmentSize;
        Segment.Recovery.SystemId.Value = (long)systemId;
        Segment.Settings.Settings.Write(settings.Serialize());
        Segment.Settings.Generation.Increment();
        for (int i = 0; i < Slots; i++)
            _events[i] = Descriptors.MoveUp(Descriptors.CreateEvent());
        _startupLatch = new Latch(Segment.Slots[SharedSegment.SlotOf(ProcessKind.Startup)], _events[SharedSegment.SlotOf(ProcessKind.Startup)]);
        _loop = new EventLoop(Segment, _startupLatch, _idlePair.Ours);
    }

    public DataDirectory Data { get; }
    public SharedSegment Segment { get; }

    /// <summary>What the process has logged.</summary>
    public string Log => Encoding.UTF8.GetString(DurableFile.TryRead(LogPath)!);

    private string LogPath => Path.Combine(Data.Path, "log");
    public WalReceiverControl Control => Segment.Receiver;
    public WalReceiverState State => (WalReceiverState)Control.State.Value;

    /// <summary>RequestXLogStreaming and the postmaster's part of it.</summary>
    public void Request(Lsn start, Lsn validFrom, uint timeline, Lsn previousRecord = default)
    {
        bool waiting = State == WalReceiverState.Waiting;
        Control.ReceiveStart.Value = start;
        Control.ValidFrom.Value = validFrom;
        Control.PreviousRecord.Value = previousRecord.IsValid || !validFrom.IsValid ? previousRecord : RecordBefore(validFrom);
        Control.ReceiveStartTimeline.Value = (int)timeline;
        Control.State.Value = (int)(waiting ? WalReceiverState.Restarting : WalReceiverState.Starting);
        int slot = SharedSegment.SlotOf(ProcessKind.WalReceiver);
        if (waiting)
        {
            new Latch(Segment.Slots[slot], _events[slot]).Set();
            return;
        }
        List<(int, int)> descriptors = [(_log, 2), (_pair.Theirs, ChildProcess.PairDescriptor), (Segment.Memory.Descriptor, ChildProcess.SegmentDescriptor)];
        for (int i = 0; i < Slots; i++)
            descriptors.Add((_events[i], ChildProcess.FirstLatchDescriptor + i));
        _pid = ProcessSpawner.Spawn(Executable(), ["pgrepl-walreceiver", "-D", Data.Path, "--slot", $"{slot}"],
            new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" }, descriptors, newSession: true, blockSignals: true);
    }

    /// <summary>Start of the record that ends there, from what was received on timeline 1.</summary>
    public Lsn RecordBefore(Lsn end)
    {
        using SegmentPageSource source = new(Data, WalFormat.DefaultSegmentSize, TimelineHistory.Single(TimelineId.First));
        WalReader reader = new(source, PostgresMajor.LogCluster, WalFormat.DefaultSegmentSize, 0);
        reader.FindNextRecord(new Lsn(WalFormat.DefaultSegmentSize));
        while (reader.RecordEnd < end)
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        return reader.RecordStart;
    }

    /// <summary>Waits as startup does, by its latch.</summary>
    public void WaitUntil(Func<bool> condition, string what)
    {
        var limit = Stopwatch.StartNew();
        while (true)
        {
            _startupLatch.Reset();
            if (condition())
                return;
            Assert.That(limit.Elapsed, Is.LessThan(TimeSpan.FromSeconds(120)),
                $"{what}: state {State}, written {Control.Written.Value}, flushed {Control.Flushed.Value}, valid {Control.Validated.Value}\n{Log}");
            _loop.Wait(50);
        }
    }

    public int WaitForExit()
    {
        ExitStatus status = default;
        WaitUntil(() => ProcessCalls.TryReap(_pid, out status), "exit");
        _pid = 0;
        Assert.That(status.Exited, Is.True, Log);
        return status.Code;
    }

    /// <summary>The product as it is built: bin/Debug or bin/Release at the repository's root, whichever the test is.</summary>
    private static string Executable()
    {
        string configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "pgrepl.sln")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "bin", configuration, "pgrepl-walreceiver");
    }

    public int Terminate()
    {
        ProcessCalls.Kill(_pid, Signal.SIGTERM);
        return WaitForExit();
    }

    public void Dispose()
    {
        if (_pid != 0)
        {
            ProcessCalls.Kill(_pid, Signal.SIGKILL);
            WaitUntil(() => ProcessCalls.TryReap(_pid, out _), "end");
        }
        foreach (int descriptor in (int[])[.. _events, _log, _pair.Ours, _pair.Theirs, _idlePair.Ours, _idlePair.Theirs])
            Descriptors.Close(descriptor);
        Directory.Delete(Data.Path, recursive: true);
    }
}
