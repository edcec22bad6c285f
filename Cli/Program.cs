using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Cli.CommandLine;

namespace Pgrepl.Cli;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        using var interrupted = new CancellationTokenSource();
        // Kept for the whole run: a collected registration would restore the default action.
        PosixSignalRegistration[] registrations =
        [
            .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
            {
                // The first one asks the verb to clean up and leave; a second one ends us here.
                context.Cancel = !interrupted.IsCancellationRequested;
                interrupted.Cancel();
            })),
        ];
        try
        {
            using var output = new SafeFileHandle(1, ownsHandle: false);
            return CommandTree.Run(arguments, new Terminal(Console.Out, Console.Error, interrupted.Token, Colour.For(Console.IsOutputRedirected), Colour.For(Console.IsErrorRedirected), output));
        }
        finally
        {
            foreach (PosixSignalRegistration registration in registrations)
                registration.Dispose();
        }
    }
}
