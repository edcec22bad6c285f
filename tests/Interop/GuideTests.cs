using System.Text.RegularExpressions;

namespace Pgrepl.Interop.Tests;

/// <summary>The guides, as somebody walks them who types what they say; some go on where another ends.</summary>
/// <remarks>The ports of those that use TCP, 5440 to 5449, are replaced by free ones: other tests run meanwhile.</remarks>
public sealed partial class GuideTests
{
    [TestCase("relay")]
    [TestCase("first-standby", "switchover")]
    [TestCase("first-standby", "failover")]
    public void Its_commands_work_as_they_stand_and_print_what_it_says(params string[] guides)
    {
        string text = string.Concat(guides.Select(name => File.ReadAllText(Path.Combine(Build.Root, $"docs/guides/{name}.md"))));
        if (text.Contains("127.0.0.1", StringComparison.Ordinal))
        {
            Dictionary<string, string> ports = [];
            text = GuidePort().Replace(text, port => ports.TryGetValue(port.Value, out string? free) ? free : ports[port.Value] = $"{TestNode.FreePort()}");
        }
        MatchCollection steps = Step().Matches(text);
        Assert.That(steps, Has.Count.GreaterThan(8));
        string folder = Directory.CreateTempSubdirectory("pgrepl-g-").FullName, script = Path.Combine(folder, "steps.sh");
        try
        {
            // Each step's output ends with a line of its own; a step that fails or hangs ends the walk.
            File.WriteAllText(script, $"""
                set -euo pipefail
                trap 'code=$?; set +e; exec > /dev/null 2>&1; for n in */postmaster.pid; do kill -QUIT $(head -1 $n); done; exit $code' EXIT
                cd {folder}
                {string.Join('\n', steps.Select((step, i) => $"{step.Groups["commands"].Value}echo '=== {i}'"))}
                """.Replace("\r", ""));
            if (Environment.IsPrivilegedProcess)
                Build.Expect(Build.Run("chown", ["-R", "postgres", folder]));
            string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
            (int code, string output, string errors) = Build.Run("timeout", ["400", .. user, "bash", script], 450_000,
                new Dictionary<string, string> { ["PATH"] = $"{Build.Folder}:{PostgresTools.Folder}:/usr/bin:/bin", ["LC_ALL"] = "C" });
            Assert.That(code, Is.Zero, () => output + errors + string.Concat(Directory.GetFiles(folder, "*.log").Select(log => $"\n--- {log}\n{File.ReadAllText(log)}")));
            string[] printed = output.Split(Enumerable.Range(0, steps.Count).Select(i => $"=== {i}\n").ToArray(), StringSplitOptions.None);
            for (int i = 0; i < steps.Count; i++)
                if (steps[i].Groups["output"] is { Success: true } expected)
                    Assert.That(printed[i], Is.EqualTo(expected.Value), steps[i].Groups["commands"].Value);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"\b544\d\b")]
    private static partial Regex GuidePort();

    [GeneratedRegex(@"^```sh\n(?<commands>.*?)^```\n(\n```text\n(?<output>.*?)^```\n)?", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Step();
}
