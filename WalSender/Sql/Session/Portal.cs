namespace Pgrepl.WalSender.Sql;

/// <summary>A prepared statement with values for its parameters, and how far its rows have been fetched.</summary>
internal sealed class Portal
{
    private const int KeepBytes = 64 * 1024;

    private byte[] _values = [];

    /// <summary>Of the copy of the Bind message.</summary>
    public int HeldBytes => _values.Length;

    public PreparedStatement Statement { get; private set; } = null!;
    public string Text { get; private set; } = "";

    /// <summary>Slices point into this portal's copy of the Bind message.</summary>
    public SqlValue[] Parameters { get; private set; } = [];

    /// <summary>By column: 1 binary; empty: all text.</summary>
    public short[] Formats { get; set; } = [];

    /// <summary>Rows computed and not fetched yet; null: not run, or all sent at once.</summary>
    public Queue<SqlValue[]>? Rows { get; set; }

    public bool IsDone { get; set; }

    /// <summary>How many savepoints there were when it was opened.</summary>
    public int Savepoints { get; set; }

    /// <summary>Makes the portal new for a Bind message; its arrays are used again.</summary>
    /// <returns>The portal's own copy of <paramref name="message"/>.</returns>
    public byte[] Reset(PreparedStatement statement, string text, ReadOnlySpan<byte> message)
    {
        (Statement, Text, Rows, IsDone, Formats) = (statement, text, null, false, []);
        if (_values.Length < message.Length || _values.Length > Math.Max(KeepBytes, message.Length))
            _values = new byte[message.Length];
        message.CopyTo(_values);
        if (Parameters.Length != statement.ParameterTypes.Length)
            Parameters = new SqlValue[statement.ParameterTypes.Length];
        return _values;
    }

    public short FormatOf(int column) => Formats.Length == 0 ? (short)0 : Formats[Formats.Length == 1 ? 0 : column];
}
