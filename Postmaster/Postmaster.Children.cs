using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Postmaster;

/// <summary>Children: spawning, reaping, the state machine's actions, crash reset.</summary>
/// <remarks>Answers to StartChildProcess, reaper, HandleChildCrash, PostmasterStateMachine, MaybeStartWalReceiver, PostgreSQL 15, src/backend/postmaster/postmaster.c.</remarks>
internal sealed partial class Postmaster
{
    private const int KillPatienceMilliseconds = 1000;
    private const int ReceiverPauseMilliseconds = 100;
    private const int CrashesAllowed = 3;
    private static readonly TimeSpan CrashWindow = TimeSpan.FromSeconds(60);

    private readonly List<(long At, Lsn Replayed)> _crashes = [];
    private bool _crashed;

    /// <summary>The node cannot go on: it ends when its last child has.</summary>
    private bool _failed;

    private long _killAt;
    private long _receiverEarliest;
    private long _nextForkComplaint;

    private Child? Find(ProcessKind kind) => _children.Find(c => c.Kind == kind);

    private void Happened(PostmasterEvent what) => _state = PostmasterStateMachine.Next(_state, what);

    private Child? Spawn(ProcessKind kind)
    {
        int slot = kind == ProcessKind.WalSender ? FreeWalSenderSlot() : SharedSegment.SlotOf(kind);
        if (slot < 0)
            return null;
        string name = "pgrepl-" + kind.ToString().ToLowerInvariant();
        int ours = -1, theirs = -1, pid = 0;
        try
        {
            (ours, theirs) = SocketCalls.CreatePair();
            List<(int, int)> descriptors = [(theirs, ChildProcess.PairDescriptor), (_segment.Memory.Descriptor, ChildProcess.SegmentDescriptor), (_lock, ChildProcess.LockDescriptor)];
            for (int i = 0; i < _latchEvents.Length; i++)
                descriptors.Add((_latchEvents[i], ChildProcess.FirstLatchDescriptor + i));
            Descriptors.DrainEvent(_latchEvents[slot]);
            pid = ProcessSpawner.Spawn(
                Path.Combine(AppContext.BaseDirectory, name),
                [name, "-D", _data.Path, "--slot", slot.ToString(System.Globalization.CultureInfo.InvariantCulture)],
                new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" },
                descriptors,
                newSession: true,
                blockSignals: true);
            Child child = new(kind, slot, pid, Descriptors.MoveUp(ProcessCalls.OpenPidDescriptor(pid)), ours);
            _children.Add(child);
            _segment.Statistics.Of(kind).Starts.Increment();
            return child;
        }
        catch (SystemCallException error)
        {
            if (pid > 0)
                ProcessCalls.KillAndReap(pid); // nobody could watch it
            if (ours >= 0)
                Descriptors.Close(ours);
            LogForkFailure($"could not fork {name}: {error.Message}");
            return null;
        }
        finally
        {
            if (theirs >= 0)
                Descriptors.Close(theirs);
        }
    }

    /// <summary>Once a second: the loop tries on every turn.</summary>
    private void LogForkFailure(string message)
    {
        if (Environment.TickCount64 < _nextForkComplaint)
            return;
        _nextForkComplaint = Environment.TickCount64 + 1000;
        _log.Log(message);
    }

    private int FreeWalSenderSlot()
    {
        for (int slot = SharedSegment.FirstWalSenderSlot; slot < _segment.Slots.Length; slot++)
            if (!_children.Exists(c => c.Slot == slot))
                return slot;
        return -1;
    }

    private void StartStartup()
    {
        if (Spawn(ProcessKind.Startup) is null)
        {
            _failed = true;
            return;
        }
        Happened(PostmasterEvent.StartupSpawned);
    }

    /// <summary>MaybeStartWalReceiver: at once when asked, and on every turn of the loop until it could.</summary>
    private void MaybeStartWalReceiver()
    {
        if (!_walReceiverRequested || Find(ProcessKind.WalReceiver) is not null
            || _state is not (PostmasterState.Startup or PostmasterState.Recovery or PostmasterState.HotStandby)
            || _shutdown > ShutdownMode.Smart || Environment.TickCount64 < _receiverEarliest)
            return;
        if (Spawn(ProcessKind.WalReceiver) is not null)
            _walReceiverRequested = false;
        _receiverEarliest = Environment.TickCount64 + ReceiverPauseMilliseconds;
    }

    private void EnsureChildren()
    {
        if (_state is not (PostmasterState.Recovery or PostmasterState.HotStandby or PostmasterState.Run) || _crashed)
            return;
        if (Find(ProcessKind.WalWriter) is null)
            _ = Spawn(ProcessKind.WalWriter);
        if (_shutdown != ShutdownMode.None)
            return;
        for (int idle = _children.Count(c => c.Kind == ProcessKind.WalSender && !c.HasClient); idle < IdleWalSenders; idle++)
            if (Spawn(ProcessKind.WalSender) is null)
                return;
    }

    private void ReapChildren(int firstEntry)
    {
        for (int i = _children.Count - 1; i >= 0; i--)
        {
            int entry = firstEntry + i;
            if (entry >= _poller.Count || _poller.Found(entry) == 0)
                continue;
            Child child = _children[i];
            if (!ProcessCalls.TryReap(child.Pid, out ExitStatus status))
                continue;
            _children.RemoveAt(i);
            Descriptors.Close(child.PidDescriptor);
            Descriptors.Close(child.Pair);
            NoteEnd(child.Kind, status);
            Ended(child, status);
            _segment.Slots[child.Slot].Clear();
            if (child.Kind == ProcessKind.WalReceiver)
                Descriptors.SignalEvent(_latchEvents[SharedSegment.SlotOf(ProcessKind.Startup)]); // it looks again at who streams
        }
    }

    /// <summary>For whoever looks at the node.</summary>
    private void NoteEnd(ProcessKind kind, ExitStatus status)
    {
        ChildStatistics statistics = _segment.Statistics.Of(kind);
        statistics.LastEnd.Value = PgTime.Now();
        statistics.LastExitCode.Value = status.Code;
        statistics.LastSignal.Value = status.KilledBy;
    }

    private void Ended(Child child, ExitStatus status)
    {
        bool stopping = _crashed || _shutdown == ShutdownMode.Immediate;
        if (stopping && _state >= PostmasterState.WaitBackends)
            return;
        bool clean = status is { Exited: true, Code: 0 };
        switch (child.Kind)
        {
            case ProcessKind.WalSender or ProcessKind.WalReceiver when status is { Exited: true, Code: 0 or 1 }:
                return;
            case ProcessKind.Startup when status is { Exited: true, Code: 0 or 1 } && _state >= PostmasterState.StopBackends:
                return;
            case ProcessKind.Startup when clean:
                Happened(PostmasterEvent.StartupFinished);
                _crashes.Clear();
                WritePidFile(_shutdown == ShutdownMode.None ? PostmasterPidFile.Ready : PostmasterPidFile.Stopping);
                TakePromotionRequest();
                _log.Log("database system is ready to accept connections");
                return;
            case ProcessKind.Startup when status is { Exited: true, Code: 3 }:
                _log.Log("shutdown at recovery target");
                RequestShutdown(ShutdownMode.Fast, "stopping because the recovery target is reached");
                return;
            case ProcessKind.Startup when status is { Exited: true, Code: 1 }:
                _log.Log($"{child.Describe()} (PID {child.Pid}) {status}");
                _log.Log("aborting startup due to startup process failure");
                _failed = _crashed = true;
                Happened(PostmasterEvent.ImmediateShutdown);
                EndEverybody();
                return;
            case ProcessKind.WalWriter when clean && _state == PostmasterState.Shutdown:
                Happened(PostmasterEvent.WalWriterFinished);
                SignalStreams(Signal.SIGUSR2);
                return;
        }
        Crashed(child, status);
    }

    private void Crashed(Child child, ExitStatus status)
    {
        _log.Log($"{child.Describe()} (PID {child.Pid}) {status}");
        _log.Log("terminating any other active server processes");
        _crashed = true;
        _crashes.RemoveAll(c => Environment.TickCount64 - c.At > (long)CrashWindow.TotalMilliseconds);
        _crashes.Add((Environment.TickCount64, Lsn.Max(_segment.Recovery.Replayed.Value, _segment.Recovery.Redo.Value)));
        if (_crashes.Count >= CrashesAllowed && _crashes.TrueForAll(c => c.Replayed == _crashes[0].Replayed))
        {
            _log.Fatal($"stopping: {CrashesAllowed} crashes within {CrashWindow.TotalSeconds:0} s without replay progress",
                hint: "The first PANIC or signal above says why; start the node again when that is mended.");
            _failed = true;
        }
        Happened(PostmasterEvent.ChildCrashed);
        EndEverybody();
    }

    /// <summary>Shared memory is suspect, or time is up: everybody out, by force after a second.</summary>
    private void EndEverybody()
    {
        _segment.Doomed.Value = 1;
        foreach (Child child in _children)
            ProcessCalls.Kill(child.Pid, Signal.SIGQUIT);
        foreach (int latch in _latchEvents)
            Descriptors.SignalEvent(latch);
        _killAt = Environment.TickCount64 + KillPatienceMilliseconds;
    }

    private void AdvanceStateMachine()
    {
        bool orderly = !_crashed && _shutdown is ShutdownMode.Smart or ShutdownMode.Fast;
        if (orderly && _state is >= PostmasterState.Startup and <= PostmasterState.Run
            && (_shutdown == ShutdownMode.Fast || !_children.Exists(IsSqlSession)))
            Happened(PostmasterEvent.ShutdownDue);

        if (_state == PostmasterState.StopBackends)
        {
            foreach (Child child in _children)
                if (child.Kind is ProcessKind.Startup or ProcessKind.WalReceiver || (child.Kind == ProcessKind.WalSender && !IsStream(child)))
                    ProcessCalls.Kill(child.Pid, Signal.SIGTERM);
            Happened(PostmasterEvent.ChildrenSignaled);
        }

        if (_state == PostmasterState.WaitBackends && !_crashed && _shutdown != ShutdownMode.Immediate
            && !_children.Exists(c => c.Kind is ProcessKind.Startup or ProcessKind.WalReceiver || IsSqlSession(c)))
        {
            Happened(PostmasterEvent.LastBackendExited);
            if (Find(ProcessKind.WalWriter) is { } writer)
                ProcessCalls.Kill(writer.Pid, Signal.SIGUSR2);
            else
                Happened(PostmasterEvent.WalWriterFinished); // it never started: nothing was written
        }

        if (_state == PostmasterState.Shutdown2 && !_children.Exists(c => c.Kind == ProcessKind.WalSender && c.HasClient))
        {
            Happened(PostmasterEvent.LastStreamExited);
            foreach (Child child in _children)
                ProcessCalls.Kill(child.Pid, Signal.SIGTERM);
        }

        if (_state is PostmasterState.WaitBackends or PostmasterState.WaitDeadEnd && _children.Count == 0)
            Happened(PostmasterEvent.LastChildExited);
    }

    private void SignalStreams(int signal)
    {
        foreach (Child child in _children)
            if (child.Kind == ProcessKind.WalSender && child.HasClient)
                ProcessCalls.Kill(child.Pid, signal);
    }

    /// <summary>IsPostmasterChildWalSender: it has turned into a sender of WAL.</summary>
    private bool IsStream(Child child) => _segment.Slots[child.Slot].SenderState.Value != (int)WalSenderState.None;

    private bool IsSqlSession(Child child) => child.Kind == ProcessKind.WalSender && child.HasClient && !IsStream(child);

    /// <summary>Everybody is gone: a new segment, and recovery decides what is true.</summary>
    private void ResetAfterCrash()
    {
        _log.Log("all server processes terminated; reinitializing");
        _killAt = 0;
        _crashed = false;
        _walReceiverRequested = false;
        foreach (int latch in _latchEvents)
            Descriptors.DrainEvent(latch);
        byte[] hba = Encoding.UTF8.GetBytes(_segment.Settings.Hba.Value), ident = Encoding.UTF8.GetBytes(_segment.Settings.Ident.Value);
        long generation = _segment.Generation.Value + 1;
        Descriptors.Close(_segment.Memory.Descriptor);
        CreateSegment(generation, hba, ident, _segment.Statistics);
        Happened(PostmasterEvent.CrashResetDone);
        WritePidFile(PostmasterPidFile.Starting);
        StartStartup();
    }
}
