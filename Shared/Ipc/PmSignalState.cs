using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>Why a child sent SIGUSR1 to the postmaster.</summary>
/// <remarks>Answers to PMSignalData, PostgreSQL 15, src/backend/storage/ipc/pmsignal.c.</remarks>
public sealed class PmSignalState
{
    private readonly SharedInt32[] _flags = new SharedInt32[Enum.GetValues<PostmasterSignal>().Length];

    internal PmSignalState(SharedMemory memory, SegmentLayout layout)
    {
        layout.NewCacheLine();
        for (int i = 0; i < _flags.Length; i++)
            _flags[i] = new(memory, layout.Int32("pmsignal.flag"));
    }

    /// <summary>SendPostmasterSignal: flag first, then the signal.</summary>
    public void Send(PostmasterSignal reason, int postmasterPid)
    {
        _flags[(int)reason].Exchange(1);
        ProcessCalls.Kill(postmasterPid, Signal.SIGUSR1);
    }

    /// <summary>CheckPostmasterSignal: takes the flag down.</summary>
    public bool Take(PostmasterSignal reason) => _flags[(int)reason].Exchange(0) != 0;
}
