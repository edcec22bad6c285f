using System.Runtime.InteropServices;
using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>Functions over settings and who is connected.</summary>
internal static class SettingFunctions
{
    public static readonly SqlFunction[] All =
    [
        new("current_setting", [SqlType.Text], SqlType.Text, static (context, values) => SqlValue.From(context.Settings.Show(values[0].Text))),
        new("current_setting", [SqlType.Text, SqlType.Bool], SqlType.Text, static (context, values) => Show(context, values[0].Text, values[1].Bool)),
        new("set_config", [SqlType.Text, SqlType.Text, SqlType.Bool], SqlType.Text, static (context, values) => Set(context, values)) { IsStrict = false },
        new("current_user", [], SqlType.Name, static (context, _) => SqlValue.From(context.Host.CurrentUser)),
        new("current_database", [], SqlType.Name, static (context, _) => SqlValue.From(context.Host.Database)),
        new("current_schema", [], SqlType.Name, static (_, _) => SqlValue.From("public")),
        new("version", [], SqlType.Text, static (context, _) => SqlValue.From(Version(context.Settings.Show("server_version")))),
    ];

    /// <summary>Begins as PostgreSQL's does: clients look for the number.</summary>
    public static string Version(string server) =>
        $"PostgreSQL {server} (pgrepl {typeof(SettingFunctions).Assembly.GetName().Version?.ToString(3)}) on {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}, 64-bit";

    private static SqlValue Show(EvaluationContext context, string name, bool missingOk)
    {
        try
        {
            return SqlValue.From(context.Settings.Show(name));
        }
        catch (PgException error) when (missingOk && error.SqlState == SqlStates.UndefinedObject)
        {
            return SqlValue.Null;
        }
    }

    private static SqlValue Set(EvaluationContext context, SqlValue[] values)
    {
        if (values[0].IsNull)
            throw new PgException("22004", "SET requires parameter name");
        string name = values[0].Text;
        context.Settings.Set(name, values[1].IsNull ? null : values[1].Text, !values[2].IsNull && values[2].Bool);
        return SqlValue.From(context.Settings.Show(name));
    }
}
