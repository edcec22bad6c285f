namespace Pgrepl.Drills.Tests;

/// <summary>Progress and colour are for eyes: a terminal gets them, a pipe and a file do not.</summary>
public sealed class TerminalTests
{
    private const string Escape = "\e[";

    [Test]
    public void A_drill_shows_a_bar_and_a_green_verdict_on_a_terminal_and_plain_lines_in_a_pipe()
    {
        (int code, string seen, _) = OnTerminal("drill --messages 300 --clients 2 --sync");
        Assert.That(code, Is.Zero, seen);
        Assert.That(seen, Does.Contain("messages acknowledged").And.Match(@"\d+%").And.Match("\e\\[01;32mverdict    ok"));

        string piped;
        (code, piped, _) = Build.Pgrepl("drill", "--messages", "300", "--clients", "2", "--sync");
        Assert.That(code, Is.Zero, piped);
        Assert.That(piped, Does.Not.Contain(Escape).And.Not.Contain("%").And.Contain("\nverdict    ok"));
    }

    [Test]
    public void An_error_is_red_on_a_terminal_unless_NO_COLOR_says_otherwise()
    {
        (int code, string seen, _) = OnTerminal("controldata -D /nonexistent/pgrepl");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(seen, Does.Contain("pgrepl: \e[01;31merror:\e[0m could not open file"));
        Assert.That(OnTerminal("controldata -D /nonexistent/pgrepl", ("NO_COLOR", "1")).Output, Does.Contain("pgrepl: error: could not open file"));
        Assert.That(OnTerminal("controldata -D /nonexistent/pgrepl", ("TERM", "dumb")).Output, Does.Contain("pgrepl: error: could not open file").And.Not.Contain(Escape));
        Assert.That(Build.Pgrepl("controldata", "-D", "/nonexistent/pgrepl").Errors, Does.StartWith("pgrepl: error: could not open file"));
    }

    /// <summary>script(1) of util-linux gives the program a pseudo-terminal.</summary>
    private static (int Code, string Output, string Errors) OnTerminal(string arguments, params (string Name, string Value)[] environment)
    {
        Dictionary<string, string> all = new() { ["TERM"] = "xterm", ["NO_COLOR"] = "", ["PG_COLOR"] = "" };
        foreach ((string name, string value) in environment)
            all[name] = value;
        return Build.Run("script", ["-qec", $"{Path.Combine(Build.Folder, "pgrepl")} {arguments}", "/dev/null"], 120_000, all);
    }
}
