using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Serilog;

namespace Pgrepl.Postmaster;

internal static class Program
{
    /// <summary>Synchronous on purpose: children are spawned from this very thread, and die with it (PR_SET_PDEATHSIG).</summary>
    private static int Main(string[] arguments)
    {
        if (!SignalDescriptor.ControlSignalsAreBlocked())
            ProcessSpawner.ExecuteSelfAgain(arguments); // the runtime's threads exist already: only an exec puts the mask under all of them
        ProcessCalls.CloseOnExecFrom(3);
        _ = ProcessCalls.SetFileModeMask(0x3F); // 077
        ProcessCalls.ForbidCoreFiles();

        using ServerLog log = new();
        try
        {
            PostmasterOptions? options = PostmasterOptions.Parse(arguments, Console.Error);
            if (options is null)
                return 2;
            using IHost host = BuildHost(log, options);
            host.StartAsync().GetAwaiter().GetResult();
            using Postmaster postmaster = new(options, log);
            int code = postmaster.Run();
            host.StopAsync().GetAwaiter().GetResult();
            return code;
        }
        catch (Exception error) when (error is PgException or ConfigurationException)
        {
            log.Fatal(error as PgException ?? ((ConfigurationException)error).ToPgException());
            return 1;
        }
        catch (Exception error) when (error is SystemCallException or IOException or UnauthorizedAccessException)
        {
            log.Fatal(error.Message); // no memory, no descriptors, no permission: the operator can help
            return 1;
        }
    }

    /// <summary>The generic host carries configuration, logging and side services; its lifetime is ours, so it installs no signal handler.</summary>
    private static IHost BuildHost(ServerLog log, PostmasterOptions options)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "pgrepl-postmaster" });
        builder.Configuration.AddInMemoryCollection([new("data_directory", options.Data.Path)]);
        builder.Services.AddSingleton<IHostLifetime, OurLifetime>();
        builder.Logging.AddSerilog(log.Serilog);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        return builder.Build();
    }

    private sealed class OurLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
