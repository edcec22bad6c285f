using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Startup;

internal static class Program
{
    private static int Main(string[] arguments) => ChildProcess.Run(ProcessKind.Startup, arguments, self => new StartupProcess(self).Run());
}
