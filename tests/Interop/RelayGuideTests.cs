using System.Text.RegularExpressions;

namespace Pgrepl.Interop.Tests;

/// <summary>docs/guides/relay.md, as somebody walks it who types what it says.</summary>
public sealed partial class RelayGuideTests
{
    [Test]
    public void Its_commands_work_as_they_stand_and_print_what_it_says()
    {
        string guide = File.ReadAllText(Path.Combine(Build.Root, "docs/guides/relay.md"));
        MatchCollection steps = Step().Matches(guide);
        Assert.That(steps, Has.Count.GreaterThan(8));
        string folder = Directory.CreateTempSubdirectory("pgrepl-g-").FullName, script = Path.Combine(folder, "steps.sh");
        try
        {
            // Each step's output ends with a line of its own; a step that fails or hangs ends the walk.
            File.WriteAllText(script, $"""
                set -euo pipefail
                trap 'code=$?; set +e; exec > /dev/null 2>&1; for n in primary standby1 standby2; do pg_ctl -D $n -m immediate stop; done; for n in relay archive; do pgrepl stop -D $n -m immediate; done; exit $code' EXIT
                cd {folder}
                {string.Join('\n', steps.Select((step, i) => $"{step.Groups["commands"].Value}echo '=== {i}'"))}
                """.Replace("\r", ""));
            if (Environment.IsPrivilegedProcess)
                Build.Expect(Build.Run("chown", ["-R", "postgres", folder]));
            string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
            (int code, string output, string errors) = Build.Run("timeout", ["120", .. user, "bash", script], 150_000,
                new Dictionary<string, string> { ["PATH"] = $"{Build.Folder}:{PostgresTools.Folder}:/usr/bin:/bin", ["LC_ALL"] = "C" });
            Assert.That(code, Is.Zero, output + errors);
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

    [GeneratedRegex(@"^```sh\n(?<commands>.*?)^```\n(\n```text\n(?<output>.*?)^```\n)?", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Step();
}
