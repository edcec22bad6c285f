using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalReceiver;

internal static class Program
{
    private static int Main(string[] arguments) => ChildProcess.Run(ProcessKind.WalReceiver, arguments, static process =>
    {
        using var receiver = new Receiver(process);
        return receiver.Run();
    });
}
