namespace Pgrepl.WalSender.Sql;

/// <param name="arguments">All of them, NULL only where the function is not strict. Valid during the call.</param>
internal delegate SqlValue FunctionBody(EvaluationContext context, SqlValue[] arguments);

/// <summary>A function that gives one value.</summary>
/// <param name="Arguments">Types, the optional ones last.</param>
/// <param name="Defaults">Values of the last arguments when they are left out.</param>
/// <param name="Names">Of the arguments, for name => value; empty when they have none.</param>
internal sealed record SqlFunction(string Name, SqlType[] Arguments, SqlType Result, FunctionBody Body)
{
    public SqlValue[] Defaults { get; init; } = [];
    public string[] Names { get; init; } = [];

    /// <summary>What a result of type record is made of.</summary>
    public SourceColumn[] Columns { get; init; } = [];

    /// <summary>NULL in, NULL out: the body is not called.</summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>Not for everybody: PostgreSQL's system_functions.sql takes EXECUTE on it from PUBLIC.</summary>
    public bool IsForSuperusers { get; init; }

    /// <summary>Depends on its arguments alone.</summary>
    public bool IsImmutable { get; init; }
}
