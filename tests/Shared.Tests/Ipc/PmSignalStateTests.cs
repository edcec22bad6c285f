using System.Globalization;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Tests.Native;

namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>SendPostmasterSignal and CheckPostmasterSignal.</summary>
public sealed class PmSignalStateTests
{
    [Test]
    public void A_reason_is_there_once_and_the_postmaster_gets_SIGUSR1()
    {
        SharedSegment segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        PmSignalState signals = segment.PostmasterSignals;
        using Spawned postmaster = Spawned.Shell("exec sleep 60", blockSignals: true); // stands in for it: a signal stays pending there
        foreach (PostmasterSignal reason in Enum.GetValues<PostmasterSignal>())
            Assert.That(signals.Take(reason), Is.False, $"{reason}");

        signals.Send(PostmasterSignal.StartWalReceiver, postmaster.Pid);
        signals.Send(PostmasterSignal.StartWalReceiver, postmaster.Pid);
        Assert.That(Pending(postmaster.Pid) & 1UL << (Signal.SIGUSR1 - 1), Is.Not.Zero);
        Assert.That(signals.Take(PostmasterSignal.RecoveryStarted), Is.False, "each reason has a flag of its own");
        Assert.That(signals.Take(PostmasterSignal.StartWalReceiver), Is.True);
        Assert.That(signals.Take(PostmasterSignal.StartWalReceiver), Is.False);
        Descriptors.Close(segment.Memory.Descriptor);
    }

    private static ulong Pending(int pid) => ulong.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal))[7..].Trim(),
        NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
