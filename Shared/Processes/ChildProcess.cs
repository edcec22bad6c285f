using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Serilog.Events;

namespace Pgrepl.Shared.Processes;

/// <summary>What every child of the postmaster starts with: the segment, its slot and latch, its event loop, settings and log.</summary>
/// <remarks>Descriptors at start: 3 pair with the postmaster, 4 segment, 5 data directory lock, 6… one eventfd for each slot.
/// Arguments: <c>-D DIRECTORY --slot N</c>. Exit codes: DESIGN §2.</remarks>
public sealed class ChildProcess
{
    public const int PairDescriptor = 3;
    public const int SegmentDescriptor = 4;
    public const int LockDescriptor = 5;
    public const int FirstLatchDescriptor = 6;

    private readonly Latch[] _latches;
    private int _settingsGeneration = -1;

    private ChildProcess(ProcessKind kind, string directory, int slot)
    {
        Kind = kind;
        Data = new DataDirectory(directory);
        Log = new ServerLog();
        Segment = SharedSegment.Attach(SegmentDescriptor, FileLength.Of(SegmentDescriptor), writable: true);
        Log.RememberErrors(Segment.Statistics.ErrorsOf(kind), kind);
        _latches = [.. Segment.Slots.Select(s => new Latch(s, FirstLatchDescriptor + s.Index))];
        Slot = Segment.Slots[slot];
        Latch = _latches[slot];
        Loop = new EventLoop(Segment, Latch, PairDescriptor);
        Settings = SettingValues.Defaults;
    }

    public ProcessKind Kind { get; }
    public DataDirectory Data { get; }
    public ServerLog Log { get; }
    public SharedSegment Segment { get; }
    public ProcessSlot Slot { get; }
    public Latch Latch { get; }
    public EventLoop Loop { get; }
    public SettingValues Settings { get; private set; }

    /// <summary>Runs a child's body between set-up and exit code.</summary>
    /// <returns>The exit code: what the body says; 1 after a FATAL; 2 after what nobody expected, which the postmaster takes as a crash.</returns>
    public static int Run(ProcessKind kind, string[] arguments, Func<ChildProcess, int> body)
    {
        ChildProcess? self = null;
        try
        {
            ProcessCalls.CloseOnExecFrom(PairDescriptor);
            int directory = Array.IndexOf(arguments, "-D"), slot = Array.IndexOf(arguments, "--slot");
            if (directory < 0 || slot < 0 || directory + 1 >= arguments.Length || slot + 1 >= arguments.Length || !int.TryParse(arguments[slot + 1], out int index))
            {
                Console.Error.WriteLine("this program is started by pgrepl-postmaster");
                return 2;
            }
            self = new ChildProcess(kind, arguments[directory + 1], index);
            if (!ProcessCalls.DieWithParent(self.Segment.PostmasterPid.Value))
                return 1;
            self.Slot.Kind.Value = (int)kind;
            self.Slot.StartTime.Value = PgTime.Now();
            self.Slot.Pid.Value = Environment.ProcessId;
            self.RefreshSettings();
            return body(self);
        }
        catch (Exception failure) when (failure is PgException or ConfigurationException)
        {
            PgException error = failure as PgException ?? ((ConfigurationException)failure).ToPgException();
            using ServerLog? early = self is null ? new ServerLog() : null; // it could not even attach to the segment
            ServerLog log = early ?? self!.Log;
            if (kind == ProcessKind.Startup && error.SqlState == SqlStates.InsufficientResources)
            {
                log.Panic(error); // no descriptors are left: that passes, so it is worth a crash and another try
                return 2;
            }
            log.Fatal(error);
            if (kind == ProcessKind.Startup && self is not null)
                self.Segment.Recovery.FailureReason.Value = error.Message;
            return 1;
        }
#pragma warning disable CA1031 // the last line of defence: whatever it is, say so and be a crash
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (self is not null)
                self.Log.Panic(error);
            else
                Console.Error.WriteLine(error);
            return 2;
        }
    }

    /// <summary>Ends this process as a crash: everybody else ends too, and recovery decides what is true.</summary>
    public void Panic(Exception error)
    {
        Log.Panic(error);
        ProcessCalls.ExitNow(2);
    }

    public Latch LatchOf(int slot) => _latches[slot];

    /// <summary>Sets the latch of one of the single children.</summary>
    public void Wake(ProcessKind kind) => _latches[SharedSegment.SlotOf(kind)].Set();

    /// <summary>WalSndWakeup: sets the latches of all senders of WAL.</summary>
    public void WakeWalSenders()
    {
        for (int i = SharedSegment.FirstWalSenderSlot; i < Segment.Slots.Length; i++)
            if (Segment.Slots[i].SenderState.Value != (int)WalSenderState.None)
                _latches[i].Set();
    }

    public void SendPostmasterSignal(PostmasterSignal reason) => Segment.PostmasterSignals.Send(reason, Segment.PostmasterPid.Value);

    /// <summary>Takes over a newer accepted configuration, if there is one.</summary>
    /// <returns>True when it changed.</returns>
    public bool RefreshSettings()
    {
        Loop.ReloadRequested = false;
        int generation = Segment.Settings.Generation.Value;
        if (generation == _settingsGeneration)
            return false;
        byte[] bytes = new byte[SettingsBlock.SettingsSize];
        Settings = SettingValues.Deserialize(bytes.AsSpan(0, Segment.Settings.Settings.Read(bytes)));
        _settingsGeneration = generation;
        Loop.BusyPollMicroseconds = Settings.Int("pgrepl.busy_poll");
        Log.Level.MinimumLevel = Settings["log_min_messages"].StartsWith("debug", StringComparison.Ordinal) ? LogEventLevel.Debug : LogEventLevel.Information;
        return true;
    }
}
