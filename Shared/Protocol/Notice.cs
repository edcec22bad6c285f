namespace Pgrepl.Shared.Protocol;

/// <summary>A message to the client that is no error: a WARNING or NOTICE beside the result.</summary>
/// <param name="Severity">WARNING, NOTICE, INFO, LOG or DEBUG.</param>
public sealed record Notice(string Severity, string SqlState, string Message, string? Detail = null, string? Hint = null)
{
    public static Notice Warning(string sqlState, string message, string? detail = null, string? hint = null) =>
        new("WARNING", sqlState, message, detail, hint);
}
