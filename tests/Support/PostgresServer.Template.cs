using System.Collections.Concurrent;

namespace Pgrepl.TestSupport;

// A fresh cluster is a copy of the first one of its kind: initdb takes a second of a processor, a copy a fifth. So fresh servers of one major have one system identifier.
public sealed partial class PostgresServer
{
    private static readonly ConcurrentDictionary<(string Programs, int SegmentMegabytes), Lazy<Template>> Templates = [];

    private void Initialise(int segmentMegabytes)
    {
        Template template = Templates.GetOrAdd((_programs, segmentMegabytes), _ => new(() => new Template(this, segmentMegabytes))).Value;
        Build.Expect(Build.Run("cp", ["-a", template.Data, Data]));
    }

    /// <summary>What initdb makes; gone when this test process ends.</summary>
    private sealed class Template
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("pgrepl-initdb-").FullName;

        public Template(PostgresServer server, int segmentMegabytes)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(_folder, recursive: true);
            if (Environment.IsPrivilegedProcess)
                Build.Expect(Build.Run("chown", ["postgres", _folder]));
            Build.Expect(server.Run("initdb",
                ["-D", Data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C", .. server.Major == 10 ? Array.Empty<string>() : [$"--wal-segsize={segmentMegabytes}"]]));
        }

        public string Data => Path.Combine(_folder, "data");
    }
}
