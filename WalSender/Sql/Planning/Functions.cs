using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>All functions, and the choice among those of one name.</summary>
/// <remarks>Source of truth for the choice: PostgreSQL 15's documentation, chapter 10.3; for the functions: src/include/catalog/pg_proc.dat.</remarks>
internal static class Functions
{
    public static readonly IReadOnlyList<SqlFunction> All = [.. WalFunctions.All, .. SlotFunctions.All, .. SettingFunctions.All, .. TextFunctions.All, .. TimeFunctions.All, .. NumberFunctions.All];

    private static readonly Dictionary<string, SqlFunction[]> ByName =
        All.GroupBy(function => function.Name).ToDictionary(group => group.Key, group => group.ToArray());

    public static bool Exists(string name) => ByName.ContainsKey(name);

    /// <exception cref="PgException">42883: no function takes these arguments; 42725: several do.</exception>
    public static Expr Call(string name, Expr[] arguments, IReadOnlyList<string?> argumentNames, int position)
    {
        SqlFunction? best = null;
        Expr[]? bestArguments = null;
        int bestScore = -1;
        bool tie = false;
        foreach (SqlFunction candidate in ByName.GetValueOrDefault(name, []))
        {
            Expr[]? placed = Place(candidate, arguments, argumentNames);
            int score = placed is null ? -1 : Score(candidate, placed);
            if (score < 0 || score < bestScore)
                continue;
            tie = score == bestScore;
            (best, bestArguments, bestScore) = (candidate, placed, score);
        }
        if (best is null || bestArguments is null)
            throw DoesNotExist(name, arguments, argumentNames, position);
        if (tie)
            throw new PgException(SqlErrors.AmbiguousFunction, $"function {Signature(name, arguments, argumentNames)} is not unique",
                hint: "Could not choose a best candidate function. You might need to add explicit type casts.").At(position);
        for (int i = 0; i < bestArguments.Length; i++)
            bestArguments[i] = Casts.Implicit(bestArguments[i], best.Arguments[i])!;
        return new FunctionExpr(best, bestArguments, position);
    }

    public static PgException DoesNotExist(string name, Expr[] arguments, IReadOnlyList<string?> argumentNames, int position) =>
        new PgException(SqlStates.UndefinedFunction, $"function {Signature(name, arguments, argumentNames)} does not exist",
            hint: "No function matches the given name and argument types. You might need to add explicit type casts.").At(position);

    public static string Signature(string name, Expr[] arguments, IReadOnlyList<string?> argumentNames) =>
        $"{(name == "extract" ? "pg_catalog.extract" : name)}({string.Join(", ", arguments.Select((argument, i) => i < argumentNames.Count && argumentNames[i] is { } given ? $"{given} => {argument.Type}" : argument.Type.DisplayName))})";

    /// <summary>Every argument in its place, defaults for those left out; null: the count or a name does not fit.</summary>
    private static Expr[]? Place(SqlFunction function, Expr[] arguments, IReadOnlyList<string?> names)
    {
        int count = function.Arguments.Length;
        if (arguments.Length > count)
            return null;
        var placed = new Expr?[count];
        for (int i = 0; i < arguments.Length; i++)
        {
            int at = i < names.Count && names[i] is { } name ? Array.IndexOf(function.Names, name) : i;
            if (at < 0 || placed[at] is not null)
                return null;
            placed[at] = arguments[i];
        }
        int firstDefault = count - function.Defaults.Length;
        for (int i = 0; i < count; i++)
        {
            if (placed[i] is null && i < firstDefault)
                return null;
            placed[i] ??= new ConstExpr(function.Arguments[i], function.Defaults[i - firstDefault], -1);
        }
        return placed!;
    }

    /// <summary>More for each exact type; a literal prefers text, then the preferred type of its category. Negative: an argument does not fit.</summary>
    private static int Score(SqlFunction function, Expr[] arguments)
    {
        int score = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            SqlType given = arguments[i].Type, wanted = function.Arguments[i];
            if (given == wanted)
                score += 100;
            else if (given == SqlType.Unknown)
                score += wanted == SqlType.Text ? 20 : wanted.IsPreferred ? 10 : 5;
            else if (Casts.IsImplicit(given, wanted))
                score += wanted.NumericRank > 0 ? 10 - wanted.NumericRank : wanted.IsPreferred ? 8 : 5;
            else
                return -1;
        }
        return score;
    }
}
