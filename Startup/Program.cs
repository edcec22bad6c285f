using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Relay;

namespace Pgrepl.Startup;

internal static class Program
{
    private static int Main(string[] arguments) => ChildProcess.Run(ProcessKind.Startup, arguments,
        self => RelayFile.Exists(self.Data) ? new RelayStartup(self).Run() : new StartupProcess(self).Run());
}
