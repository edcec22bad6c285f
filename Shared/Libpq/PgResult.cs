using System.Globalization;

namespace Pgrepl.Shared.Libpq;

/// <summary>ExecStatusType of libpq.</summary>
public enum PgResultStatus
{
    EmptyQuery = 0,
    CommandOk = 1,
    TuplesOk = 2,
    CopyOut = 3,
    CopyIn = 4,
    BadResponse = 5,
    NonfatalError = 6,
    FatalError = 7,
    CopyBoth = 8,
    SingleTuple = 9,
    PipelineSync = 10,
    PipelineAborted = 11,
}

/// <summary>One answer of the server: rows, a command tag, an error, or the start of a COPY.</summary>
/// <remarks>Source of truth: PostgreSQL 15, libpq-fe.h, ExecStatusType; error field codes of postgres_ext.h. Values are text, read as UTF-8.</remarks>
public sealed class PgResult : IDisposable
{
    private const int SqlStateField = 'C', PrimaryMessageField = 'M', DetailField = 'D', HintField = 'H', SeverityField = 'V';

    private readonly PgResultHandle _result;

    internal PgResult(PgResultHandle result) => _result = result;

    public PgResultStatus Status => (PgResultStatus)LibpqCalls.PQresultStatus(_result);

    public bool IsError => Status is PgResultStatus.FatalError or PgResultStatus.NonfatalError or PgResultStatus.BadResponse;

    public bool IsCopy => Status is PgResultStatus.CopyBoth or PgResultStatus.CopyIn or PgResultStatus.CopyOut;

    public int Rows => LibpqCalls.PQntuples(_result);

    public int Columns => LibpqCalls.PQnfields(_result);

    /// <summary>For instance <c>SELECT 1</c>; empty when the command has none.</summary>
    public string CommandTag => Conninfo.Text(LibpqCalls.PQcmdStatus(_result)) ?? "";

    /// <summary>Five characters; <see langword="null"/> when the error is libpq's own (a lost connection) or there is none.</summary>
    public string? ErrorSqlState => Field(SqlStateField);

    /// <summary>ERROR, FATAL or PANIC, not translated (servers from 9.6 on).</summary>
    public string? ErrorSeverity => Field(SeverityField);

    /// <summary>The primary message alone; for an error of libpq itself its whole text. Empty when there is no error.</summary>
    public string ErrorMessage => Field(PrimaryMessageField) ?? Conninfo.Text(LibpqCalls.PQresultErrorMessage(_result))?.TrimEnd() ?? "";

    public string? ErrorDetail => Field(DetailField);

    public string? ErrorHint => Field(HintField);

    public string ColumnName(int column) => Conninfo.Text(LibpqCalls.PQfname(_result, column))
        ?? throw new ArgumentOutOfRangeException(nameof(column), column, "no such column");

    /// <summary>The value as text, <see langword="null"/> for SQL's null.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row or column.</exception>
    public string? Value(int row, int column)
    {
        Check(row, column);
        return LibpqCalls.PQgetisnull(_result, row, column) != 0 ? null : Conninfo.Text(LibpqCalls.PQgetvalue(_result, row, column));
    }

    /// <summary>The value by column name; how PostgreSQL's views are best read, as their columns grow with every major.</summary>
    /// <exception cref="PgException">42703 when the answer has no such column.</exception>
    public string? Value(int row, string column)
    {
        for (int i = 0; i < Columns; i++)
        {
            if (ColumnName(i) == column)
                return Value(row, i);
        }
        throw new PgException(SqlStates.UndefinedColumn, $"the server's answer has no column \"{column}\"");
    }

    /// <summary>A copy of the value's bytes, for values that are not text (a timeline history file); empty for null.</summary>
    public unsafe byte[] Bytes(int row, int column)
    {
        Check(row, column);
        // libpq owns the value as long as the result lives, and we hold the result here.
        var value = new ReadOnlySpan<byte>((void*)LibpqCalls.PQgetvalue(_result, row, column), LibpqCalls.PQgetlength(_result, row, column));
        return value.ToArray();
    }

    /// <summary>The error as an exception; call it only when <see cref="IsError"/>.</summary>
    public PgException ToException() =>
        new(ErrorSqlState ?? SqlStates.ConnectionFailure, ErrorMessage.Length > 0 ? ErrorMessage : $"unexpected answer of the server: {Status}", ErrorDetail, ErrorHint);

    public void Dispose() => _result.Dispose();

    public override string ToString() => IsError
        ? string.Create(CultureInfo.InvariantCulture, $"{Status} {ErrorSqlState}: {ErrorMessage}")
        : string.Create(CultureInfo.InvariantCulture, $"{Status} {CommandTag}, {Rows} rows");

    private string? Field(int code) => Conninfo.Text(LibpqCalls.PQresultErrorField(_result, code));

    private void Check(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Columns);
    }
}
