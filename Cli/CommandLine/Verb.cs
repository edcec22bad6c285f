using System.CommandLine;

namespace Pgrepl.Cli.CommandLine;

/// <summary>One verb of pgrepl: its options and what it does.</summary>
internal interface IVerb
{
    /// <summary>Name, options and description; no action, the program sets that.</summary>
    Command Command { get; }

    /// <summary>At least one command line that works as it stands.</summary>
    string[] Examples { get; }

    /// <returns>The exit code.</returns>
    int Run(ParseResult arguments, Terminal terminal);
}
