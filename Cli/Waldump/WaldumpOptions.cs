using System.CommandLine;
using System.CommandLine.Parsing;

namespace Pgrepl.Cli.Waldump;

/// <summary>What getopt_long says of options that are not there, or lack their value: System.CommandLine takes the first for names of files, and has words of its own for the second.</summary>
internal static class WaldumpOptions
{
    /// <returns>The first problem in the order of the command line, in the words of the C library; <see langword="null"/>: there is none.</returns>
    internal static string? FindProblem(ParseResult arguments, IEnumerable<Option<string[]>> valued)
    {
        HashSet<string> bare = [];
        foreach (Option<string[]> option in valued)
            if (arguments.GetResult(option) is { Implicit: false } result && result.IdentifierTokenCount > result.Tokens.Count)
                bare.Add(result.IdentifierToken!.Value);
        foreach (Token token in arguments.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash))
        {
            string word = token.Value;
            if (token.Type == TokenType.Option && bare.Contains(word))
                return IsLong(word) ? $"option '{word}' requires an argument" : $"option requires an argument -- '{word[1]}'";
            if (token.Type == TokenType.Argument && word.Length > 1 && word[0] == '-' && IsFileName(token, arguments))
                return IsLong(word) ? $"unrecognized option '{word}'" : $"invalid option -- '{word[1]}'";
        }
        return null;
    }

    private static bool IsLong(string word) => word.StartsWith("--", StringComparison.Ordinal);

    /// <summary>Not the value of an option, which may begin with a dash.</summary>
    private static bool IsFileName(Token token, ParseResult arguments) =>
        arguments.CommandResult.Children.OfType<ArgumentResult>().Any(argument => argument.Tokens.Any(one => ReferenceEquals(one, token)));
}
