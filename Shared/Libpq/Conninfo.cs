using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Pgrepl.Shared.Libpq;

/// <summary>One option of a connection string.</summary>
/// <param name="Keyword">libpq's name of it.</param>
/// <param name="Value">As given, unquoted.</param>
/// <param name="DisplayCharacter">libpq's dispchar: <c>*</c> a secret, <c>D</c> a debug option, empty otherwise.</param>
public readonly record struct ConninfoItem(string Keyword, string Value, string DisplayCharacter = "")
{
    /// <summary>What takes a secret's place wherever a connection string is shown.</summary>
    public const string Mask = "********";

    public bool IsSecret => DisplayCharacter.Contains('*', StringComparison.Ordinal);
    public bool IsDebug => DisplayCharacter.Contains('D', StringComparison.Ordinal);
}

/// <summary>Connection strings: libpq reads them (keyword/value and URI form), we only write the keyword/value form.</summary>
/// <remarks>Source of truth: PQconninfoParse, PostgreSQL 15, src/interfaces/libpq/fe-connect.c; quoting: appendConnStrVal, src/fe_utils/string_utils.c.</remarks>
public static class Conninfo
{
    private static readonly SearchValues<char> Unquoted =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");

    /// <summary>The options that the string sets, in libpq's order; defaults and environment are not mixed in.</summary>
    /// <exception cref="PgException">22023, <c>invalid connection string syntax: …</c> with libpq's words.</exception>
    public static unsafe IReadOnlyList<ConninfoItem> Parse(string conninfo)
    {
        ArgumentNullException.ThrowIfNull(conninfo);
        // The array is libpq's until PQconninfoFree; it is copied before that and never leaves this method.
        LibpqCalls.ConninfoOption* options = LibpqCalls.PQconninfoParse(conninfo, out nint error);
        if (options == null)
        {
            string message = Text(error)?.TrimEnd() ?? "out of memory";
            LibpqCalls.PQfreemem(error);
            throw new PgException(SqlStates.InvalidParameterValue, $"invalid connection string syntax: {message}");
        }
        try
        {
            return Copy(options);
        }
        finally
        {
            LibpqCalls.PQconninfoFree(options);
        }
    }

    /// <summary>The keyword/value form, quoted where needed; empty values are kept.</summary>
    public static string Build(IEnumerable<ConninfoItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var text = new StringBuilder();
        foreach (ConninfoItem item in items)
            text.Append(text.Length == 0 ? "" : " ").Append(item.Keyword).Append('=').Append(Quote(item.Value));
        return text.ToString();
    }

    /// <summary>A value as it stands in a connection string.</summary>
    public static string Quote(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > 0 && !value.AsSpan().ContainsAnyExcept(Unquoted))
            return value;
        return $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
    }

    /// <summary>The same connection with one option set (or, with <see langword="null"/>, left out).</summary>
    /// <exception cref="PgException">As <see cref="Parse"/>.</exception>
    public static string With(string conninfo, string keyword, string? value)
    {
        List<ConninfoItem> items = [.. Parse(conninfo)];
        int at = items.FindIndex(item => item.Keyword == keyword);
        if (at >= 0)
            items.RemoveAt(at);
        if (value is not null)
            items.Insert(at >= 0 ? at : items.Count, new ConninfoItem(keyword, value));
        return Build(items);
    }

    /// <summary>The value of one option, <see langword="null"/> when the string does not set it.</summary>
    public static string? ValueOf(string conninfo, string keyword)
    {
        foreach (ConninfoItem item in Parse(conninfo))
        {
            if (item.Keyword == keyword)
                return item.Value;
        }
        return null;
    }

    /// <summary>Which server is meant, in words: its host and port as they stand there.</summary>
    /// <exception cref="PgException">As <see cref="Parse"/>.</exception>
    public static string ServerOf(string conninfo)
    {
        string[] parts = [.. Parse(conninfo).Where(item => item.Keyword is "host" or "hostaddr" or "port" && item.Value.Length > 0).Select(item => $"{item.Keyword}={item.Value}")];
        return parts.Length > 0 ? string.Join(' ', parts) : "its default host";
    }

    /// <summary>The string fit to be shown: secrets are masked, debug options left out.</summary>
    /// <exception cref="PgException">As <see cref="Parse"/>; libpq's words never repeat a password.</exception>
    public static string Mask(string conninfo) => Shown(Parse(conninfo));

    /// <summary>As the walreceiver shows it in pg_stat_wal_receiver: unquoted, empty values left out.</summary>
    internal static string Shown(IEnumerable<ConninfoItem> items) => string.Join(' ', items
        .Where(item => !item.IsDebug && item.Value.Length > 0)
        .Select(item => $"{item.Keyword}={(item.IsSecret ? ConninfoItem.Mask : item.Value)}"));

    internal static unsafe List<ConninfoItem> Copy(LibpqCalls.ConninfoOption* options)
    {
        var items = new List<ConninfoItem>();
        for (LibpqCalls.ConninfoOption* option = options; option->Keyword != 0; option++)
        {
            if (Text(option->Value) is { } value)
                items.Add(new ConninfoItem(Text(option->Keyword)!, value, Text(option->DisplayCharacter) ?? ""));
        }
        return items;
    }

    internal static string? Text(nint address) => Marshal.PtrToStringUTF8(address);
}
