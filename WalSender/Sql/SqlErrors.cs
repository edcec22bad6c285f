using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>SQLSTATEs and errors that only SQL needs.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/utils/errcodes.txt.</remarks>
internal static class SqlErrors
{
    public const string StringDataRightTruncation = "22001";
    public const string NumericValueOutOfRange = "22003";
    public const string InvalidDatetimeFormat = "22007";
    public const string DatetimeFieldOverflow = "22008";
    public const string DivisionByZero = "22012";
    public const string InvalidRowCountInLimit = "2201W";
    public const string InvalidRowCountInOffset = "2201X";
    public const string CharacterNotInRepertoire = "22021";
    public const string InvalidBinaryRepresentation = "22P03";
    public const string InvalidEscapeSequence = "22025";
    public const string ActiveSqlTransaction = "25001";
    public const string StatementTooComplex = "54001";
    public const string TooManyColumns = "54011";
    public const string TooManyArguments = "54023";
    public const string GroupingError = "42803";
    public const string AmbiguousFunction = "42725";
    public const string WrongObjectType = "42809";
    public const string CannotCoerce = "42846";
    public const string InvalidSchemaName = "3F000";
    public const string DuplicateCursor = "42P03";
    public const string DuplicatePreparedStatement = "42P05";
    public const string IndeterminateDatatype = "42P18";
    public const string InvalidColumnReference = "42P10";

    private const string PositionKey = "position";

    /// <summary>Marks where in the statement's text the error is.</summary>
    /// <param name="offset">UTF-16 units from the text's start; negative for nowhere. An inner mark stays.</param>
    public static PgException At(this PgException error, int offset)
    {
        if (offset >= 0 && !error.Data.Contains(PositionKey))
            error.Data[PositionKey] = offset;
        return error;
    }

    /// <summary>The mark as protocol field P wants it: characters from 1; 0 for none.</summary>
    public static int Position(this PgException error, string text)
    {
        if (error.Data[PositionKey] is not int offset)
            return 0;
        int position = 1;
        for (int i = 0; i < Math.Min(offset, text.Length); i++)
            if (!char.IsLowSurrogate(text[i]))
                position++;
        return position;
    }

    public static PgException OutOfRange(SqlType type) => new(NumericValueOutOfRange, $"{type.DisplayName} out of range");

    public static PgException InFailedTransaction() =>
        new(SqlStates.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block");

    public static PgException DivisionByZeroError() => new(DivisionByZero, "division by zero");

    public static PgException NotSupported(string what, string hint) => new(SqlStates.FeatureNotSupported, what, hint: hint);

    public static PgException InvalidInput(SqlType type, string text) =>
        new(type.Kind is TypeKind.Timestamptz or TypeKind.Interval ? InvalidDatetimeFormat : SqlStates.InvalidTextRepresentation,
            $"invalid input syntax for type {type.DisplayName}: \"{text}\"");

    public static PgException ValueTooLong() => new(SqlStates.ProgramLimitExceeded, "requested length too large");
}
