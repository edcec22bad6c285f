using System.Diagnostics;

namespace Pgrepl.TestSupport;

/// <summary>The executables under test, and how they are run.</summary>
public static class Build
{
    /// <summary>bin/&lt;Configuration&gt; of this very build; PGREPL_BIN names another, such as a published one.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("PGREPL_BIN") is { Length: > 0 } folder ? folder : FindFolder();

    /// <summary>Runs a program to its end.</summary>
    public static (int Code, string Output, string Errors) Run(string program, IEnumerable<string> arguments, int timeoutMilliseconds = 180_000, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(timeoutMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {timeoutMilliseconds} ms\n{output.Result}\n{errors.Result}");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>A program that must have ended well; what it said is shown when it has not.</summary>
    public static void Expect((int Code, string Output, string Errors) result) => Assert.That(result.Code, Is.Zero, result.Output + result.Errors);

    public static (int Code, string Output, string Errors) Pgrepl(params IEnumerable<string> arguments) => Run(Path.Combine(Folder, "pgrepl"), arguments, 180_000);

    /// <summary>The checkout that these tests are of.</summary>
    public static string Root
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "pgrepl.sln")))
                folder = folder.Parent;
            return folder!.FullName;
        }
    }

    // tests/Drills/bin/<Configuration>/net10.0/
    private static string FindFolder() => Path.Combine(Root, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name);
}
