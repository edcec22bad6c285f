using System.Diagnostics;
using System.Text;
using Pgrepl.Shared.Native;

namespace Pgrepl.TestSupport;

/// <summary>A program that runs beside the test; gone at Dispose.</summary>
public sealed class RunningProgram : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _line;

    public RunningProgram(string program, params IEnumerable<string> arguments)
    {
        _line = program + " " + string.Join(' ', arguments);
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["LC_ALL"] = "C";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;
    public bool HasExited => _process.HasExited;

    /// <summary>What it printed so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Writes to its standard input; an empty line is a line too. Whether it has ended, its exit code tells.</summary>
    public void Type(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
        }
        catch (IOException)
        {
            // EPIPE
        }
    }

    public void Interrupt() => ProcessCalls.Kill(_process.Id, Signal.SIGINT);

    /// <returns>Its exit code, once it has ended; two minutes at most.</returns>
    public int End()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(120_000))
            Assert.Fail($"{_line} did not end\n{Output}");
        _process.WaitForExit(); // and its last lines are here
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        TestContext.Out.WriteLine($"--- {_line}\n{Output}");
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (_output)
            _output.Append(line.Data).Append('\n');
    }
}
