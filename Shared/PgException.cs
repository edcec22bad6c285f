namespace Pgrepl.Shared;

/// <summary>An error as PostgreSQL tells it: SQLSTATE, message (lower case, no full stop), detail and hint (sentences). Logged once, where it is handled.</summary>
/// <remarks>SQLSTATEs: PostgreSQL 15, src/backend/utils/errcodes.txt.</remarks>
public sealed class PgException(string sqlState, string message, string? detail = null, string? hint = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string SqlState { get; } = sqlState;
    public string? Detail { get; } = detail;
    public string? Hint { get; } = hint;

    /// <summary>Stands in our log in place of <see cref="Detail"/>, and is not told to the client (errdetail_log).</summary>
    public string? LogDetail { get; init; }
}

/// <summary>The SQLSTATEs this project uses, by PostgreSQL's condition names.</summary>
public static class SqlStates
{
    public const string Warning = "01000";
    public const string ConnectionFailure = "08006";
    public const string ProtocolViolation = "08P01";
    public const string FeatureNotSupported = "0A000";
    public const string InvalidTextRepresentation = "22P02";
    public const string InvalidParameterValue = "22023";
    public const string InvalidTransactionState = "25000";
    public const string ReadOnlySqlTransaction = "25006";
    public const string NoActiveSqlTransaction = "25P01";
    public const string InFailedSqlTransaction = "25P02";
    public const string InvalidAuthorizationSpecification = "28000";
    public const string InvalidPassword = "28P01";
    public const string InvalidSqlStatementName = "26000";
    public const string InvalidCursorName = "34000";
    public const string SyntaxError = "42601";
    public const string InsufficientPrivilege = "42501";
    public const string InvalidName = "42602";
    public const string NameTooLong = "42622";
    public const string ReservedName = "42939";
    public const string UndefinedColumn = "42703";
    public const string UndefinedObject = "42704";
    public const string DuplicateObject = "42710";
    public const string UndefinedTable = "42P01";
    public const string UndefinedFunction = "42883";
    public const string UndefinedParameter = "42P02";
    public const string DatatypeMismatch = "42804";
    public const string InsufficientResources = "53000";
    public const string DiskFull = "53100";
    public const string TooManyConnections = "53300";
    public const string ConfigurationLimitExceeded = "53400";
    public const string ProgramLimitExceeded = "54000";
    public const string ObjectNotInPrerequisiteState = "55000";
    public const string ObjectInUse = "55006";
    public const string CannotConnectNow = "57P03";
    public const string AdminShutdown = "57P01";
    public const string CrashShutdown = "57P02";
    public const string QueryCanceled = "57014";
    public const string SystemError = "58000";
    public const string IoError = "58030";
    public const string UndefinedFile = "58P01";
    public const string DuplicateFile = "58P02";
    public const string ConfigFileError = "F0000";
    public const string LockFileExists = "F0001";
    public const string InternalError = "XX000";
    public const string DataCorrupted = "XX001";
}
