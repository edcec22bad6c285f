using System.Text.RegularExpressions;

namespace Pgrepl.Shared.Ipc;

/// <summary>Masks what a text that repeats a connection string could give away.</summary>
public static partial class SecretText
{
    private const string Mask8 = "********";

    /// <summary>The values of password and sslpassword, and the password of a URI.</summary>
    public static string Mask(string text) =>
        text.Contains("password", StringComparison.OrdinalIgnoreCase) || text.Contains("://", StringComparison.Ordinal)
            ? InUri().Replace(Option().Replace(text, $"$1{Mask8}"), $"$1{Mask8}@")
            : text;

    [GeneratedRegex(@"(password\s*=\s*)('(?:[^'\\]|\\.)*'?|[^\s&""']+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Option();

    [GeneratedRegex(@"(postgres(?:ql)?://[^:/@\s]*:)[^@\s]*@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex InUri();
}
