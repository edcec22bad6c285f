using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Pgrepl.Cli.CommandLine;

/// <summary>System.CommandLine's help, then the verb's examples.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<Command, string[]> examples) : SynchronousCommandLineAction
{
    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        if (!examples.TryGetValue(parseResult.CommandResult.Command, out string[]? lines))
            return ExitCodes.Ok;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(lines.Length == 1 ? "Example:" : "Examples:");
        foreach (string line in lines)
            output.WriteLine($"  {line}");
        output.WriteLine();
        return ExitCodes.Ok;
    }
}
