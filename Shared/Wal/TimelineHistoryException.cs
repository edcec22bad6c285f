namespace Pgrepl.Wal;

/// <summary>A history file that cannot be read: PostgreSQL's message and hint.</summary>
public sealed class TimelineHistoryException(string message, string hint) : FormatException(message)
{
    public string Hint { get; } = hint;
}
