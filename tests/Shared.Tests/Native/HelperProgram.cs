using System.Globalization;
using System.Text;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Tests.Native;

/// <summary>This test assembly as a program: what can only be seen in a process that was started in a certain way. It answers on descriptor 3.</summary>
internal static class HelperProgram
{
    public const int AnswerDescriptor = 3;

    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "Pgrepl.Shared.Tests");

    private static int Main(string[] arguments) => arguments is ["take-signals"] ? TakeSignals() : 2;

    /// <summary>Says whether the control signals are blocked, then names every one that comes, until SIGTERM.</summary>
    private static int TakeSignals()
    {
        SignalDescriptor signals = new();
        Poller poller = new();
        poller.Add(signals.Descriptor, PollEvents.Readable);
        Say(SignalDescriptor.ControlSignalsAreBlocked() ? "blocked" : "open");
        while (true)
        {
            if (poller.Wait(30_000) == 0)
                return 1;
            for (int signal = signals.Take(); signal != 0; signal = signals.Take())
            {
                Say(signal.ToString(CultureInfo.InvariantCulture));
                if (signal == Signal.SIGTERM)
                    return 0;
            }
        }
    }

    private static void Say(string text) => _ = SocketCalls.Send(AnswerDescriptor, Encoding.UTF8.GetBytes(text));
}
