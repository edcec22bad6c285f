using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

/// <summary>Control signals as readable bytes, in a process that was started with them blocked.</summary>
public sealed class SignalDescriptorTests
{
    [Test]
    public void Every_control_signal_is_read_and_none_acts_by_itself()
    {
        using Spawned child = new(HelperProgram.Path, ["helper", "take-signals"], HelperProgram.AnswerDescriptor, blockSignals: true);
        Assert.That(child.Hear(), Is.EqualTo("blocked"));
        foreach (int signal in Signal.Control.Where(signal => signal != Signal.SIGTERM))
        {
            Assert.That(ProcessCalls.Kill(child.Pid, signal), Is.True);
            Assert.That(child.Hear(), Is.EqualTo($"{signal}"));
        }
        ProcessCalls.Kill(child.Pid, Signal.SIGTERM);
        Assert.That(child.Hear(), Is.EqualTo("15"));
        Assert.That(child.WaitForExit(), Is.EqualTo(new ExitStatus(true, 0, 0)));
    }

    [Test]
    public void A_process_started_without_the_mask_knows_it()
    {
        using Spawned child = new(HelperProgram.Path, ["helper", "take-signals"], HelperProgram.AnswerDescriptor, blockSignals: false);
        Assert.That(child.Hear(), Is.EqualTo("open"));
    }

    [Test]
    public void Without_a_signal_there_is_nothing_to_take() => Assert.That(new SignalDescriptor().Take(), Is.Zero);
}
