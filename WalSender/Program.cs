using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalSender;

internal static class Program
{
    private static int Main(string[] arguments) => ChildProcess.Run(ProcessKind.WalSender, arguments, self => new WalSenderProcess(self).Run());
}
