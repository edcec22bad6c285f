using System.Text.RegularExpressions;
using static Pgrepl.House.Tests.SourceTokenKind;

namespace Pgrepl.House.Tests;

/// <param name="Text">As logged, with … for what varies; <see langword="null"/>: the call is given no text here.</param>
/// <param name="Argument">Its words, for messages and exceptions to the rule.</param>
internal sealed record SourceMessage(string? Text, string Path, int Line, string Argument)
{
    public override string ToString() => $"{Path}:{Line}: {Text ?? $"({Argument})"}";
}

/// <summary>Finds the messages that a source gives to its errors.</summary>
internal static partial class SourceMessages
{
    /// <param name="Callee">Its tokens, separated by blanks, without the parenthesis.</param>
    /// <param name="Index">Of the argument with the text.</param>
    /// <param name="Shape">What becomes of the text.</param>
    /// <param name="Path">Where this callee is meant: the beginning of a path.</param>
    public sealed record Call(string Callee, int Index, string Shape = "{0}", string Path = "");

    private const string TargetTyped = "new";

    public static IEnumerable<SourceMessage> Find(string path, string source, IReadOnlyCollection<Call> calls)
    {
        IReadOnlyList<SourceToken> tokens = SourceTokens.Of(source);
        for (int i = 0; i < tokens.Count; i++)
        {
            foreach (Call call in calls)
            {
                if (!path.StartsWith(call.Path, StringComparison.Ordinal) || ArgumentsOf(call, tokens, i) is not { } open)
                    continue;
                List<List<SourceToken>> arguments = Arguments(tokens, open);
                if (call.Callee == TargetTyped && !MakesPgException(arguments))
                    continue;
                if (Chosen(arguments, call.Index) is not { } argument)
                    continue;
                string words = string.Concat(argument.Select(token => token.Kind == Text ? $"\"{token.Value}\"" : token.Value));
                foreach (string? text in Texts(argument))
                    yield return new SourceMessage(text is null ? null : Neat(call.Shape.Replace("{0}", text, StringComparison.Ordinal)), path, tokens[i].Line, words);
            }
        }
    }

    /// <summary>Every text of a source, as it is printed.</summary>
    public static IEnumerable<string> AllTexts(string source) => SourceTokens.Of(source).Where(token => token.Kind == Text).Select(token => Neat(token.Value));

    /// <summary>Holes side by side are one; the text ends where its lines do.</summary>
    public static string Neat(string text) => Holes().Replace(text.Split('\n')[0].Trim(), "…");

    /// <returns>The index behind the parenthesis; null: another call, or the declaration.</returns>
    private static int? ArgumentsOf(Call call, IReadOnlyList<SourceToken> tokens, int at)
    {
        int start = at;
        foreach (string part in call.Callee.Split(' '))
            if (at >= tokens.Count || !tokens[at++].Is(part))
                return null;
        if (at >= tokens.Count || !tokens[at].Is("("))
            return null;
        bool declared = start > 0 && tokens[start].Kind == Word && tokens[start - 1].Kind == Word && tokens[start - 1].Value is not ("throw" or "return" or "new");
        return declared && call.Callee.Split(' ')[0] != "new" ? null : at + 1;
    }

    private static bool MakesPgException(List<List<SourceToken>> arguments) =>
        arguments is [[{ Kind: Word, Value: "SqlStates" or "sqlState" or "SqlState" or "OutOfMemory" }, ..], _, ..];

    private static List<List<SourceToken>> Arguments(IReadOnlyList<SourceToken> tokens, int at)
    {
        List<List<SourceToken>> arguments = [[]];
        for (int depth = 0; at < tokens.Count; at++)
        {
            SourceToken token = tokens[at];
            if (depth == 0 && token.Is(")"))
                break;
            depth += Depth(token);
            if (depth == 0 && token.Is(","))
                arguments.Add([]);
            else
                arguments[^1].Add(token);
        }
        return arguments;
    }

    private static int Depth(SourceToken token) => token.Kind != Mark ? 0 : token.Value switch { "(" or "[" or "?[" or "{" => 1, ")" or "]" or "}" => -1, _ => 0 };

    /// <summary>An argument named message wins: it is the whole line.</summary>
    private static List<SourceToken>? Chosen(List<List<SourceToken>> arguments, int index)
    {
        List<SourceToken>? named = arguments.Find(argument => argument is [{ Kind: Word, Value: "message" }, { Kind: Mark, Value: ":" }, ..]);
        if (named is not null)
            return named[2..];
        return index < arguments.Count && arguments[index] is [_, ..] argument ? argument : null;
    }

    /// <summary>The texts an expression can have; null for one that is not here.</summary>
    private static IEnumerable<string?> Texts(List<SourceToken> expression)
    {
        if (expression is [{ Kind: Mark, Value: "(" }, ..] && Find(expression, ")", 1) == expression.Count - 1)
            return Texts(expression[1..^1]);
        int question = Find(expression, "?", 0), otherwise = question < 0 ? -1 : Otherwise(expression, question);
        if (otherwise > 0)
            return Texts(expression[(question + 1)..otherwise]).Concat(Texts(expression[(otherwise + 1)..]));
        int inner = expression is [{ Value: "string" }, { Value: "." }, { Value: "Create" }, { Value: "(" }, ..] ? Find(expression, ",", 4) : -1;
        if (inner > 0)
            return Texts(expression[(inner + 1)..^1]);
        if (expression is [{ Kind: Word, Value: "new" }, { Kind: Word } type, { Value: "(" }, { Kind: Text } text, ..] && type.Value.EndsWith("Exception", StringComparison.Ordinal))
            return [$"{type.Value}: {text.Value}"];
        int plus = Find(expression, "+", 0);
        if (plus > 0)
            return Texts(expression[..plus]).SelectMany(left => Texts(expression[(plus + 1)..]).Select(right => left is null && right is null ? null : (left ?? "…") + (right ?? "…")));
        return expression is [{ Kind: Text } only] ? [only.Value] : [null];
    }

    /// <returns>Where the mark stands outside of all brackets; -1: nowhere.</returns>
    private static int Find(List<SourceToken> expression, string mark, int from)
    {
        int depth = 0;
        for (int i = from; i < expression.Count; i++)
        {
            if (depth == 0 && expression[i].Is(mark))
                return i;
            depth += Depth(expression[i]);
        }
        return -1;
    }

    private static int Otherwise(List<SourceToken> expression, int question)
    {
        int open = 0, depth = 0;
        for (int i = question; i < expression.Count; i++)
        {
            depth += Depth(expression[i]);
            if (depth != 0)
                continue;
            open += expression[i].Is("?") ? 1 : expression[i].Is(":") ? -1 : 0;
            if (open == 0)
                return i;
        }
        return -1;
    }

    [GeneratedRegex("…+")]
    private static partial Regex Holes();
}
