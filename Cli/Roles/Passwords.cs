using System.Text;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Roles;

/// <summary>Where a new role's password comes from. It is turned into a verifier at once and stored nowhere.</summary>
internal static class Passwords
{
    /// <summary>What --pwfile takes to mean standard input.</summary>
    private const string StandardInput = "-";

    /// <param name="file">Its first line is the password; <c>-</c>: standard input, where a person is asked twice and sees nothing of it.</param>
    /// <exception cref="PgException">No password there.</exception>
    internal static ScramVerifier Verifier(string file, string role)
    {
        string password = file == StandardInput ? FromInput() : FirstLine(file);
        return ScramVerifier.TryParse(PgPassword.ToScram(password, role))
            ?? throw new PgException(SqlStates.InternalError, "libpq made a password verifier of an unknown form");
    }

    private static string FirstLine(string file)
    {
        byte[] bytes = DurableFile.TryRead(file)
            ?? throw new PgException(SqlStates.UndefinedFile, $"could not open file \"{file}\" for reading: No such file or directory");
        string text = Encoding.UTF8.GetString(bytes);
        string line = text.Split('\n', 2)[0].TrimEnd('\r');
        return line.Length > 0 ? line : throw new PgException(SqlStates.InvalidPassword, $"password file \"{file}\" is empty");
    }

    private static string FromInput()
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() is { Length: > 0 } line ? line : throw new PgException(SqlStates.InvalidPassword, "no password on standard input");
        string first = Ask("Enter password for new role: ");
        return first.Length == 0 ? throw new PgException(SqlStates.InvalidPassword, "password must not be empty")
            : Ask("Enter it again: ") == first ? first : throw new PgException(SqlStates.InvalidPassword, "passwords didn't match");
    }

    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return text.ToString();
    }
}
