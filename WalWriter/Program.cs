using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalWriter;

internal static class Program
{
    private static int Main(string[] args) => ChildProcess.Run(ProcessKind.WalWriter, args, process => new WalWriterProcess(process).Run());
}
