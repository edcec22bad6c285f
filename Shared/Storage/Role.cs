using System.Text;

namespace Pgrepl.Shared.Storage;

/// <summary>Who may log in with a password, and what they may do then.</summary>
/// <param name="Superuser">May use the functions that control the node.</param>
/// <param name="Replication">May stream WAL and make slots; a superuser may too.</param>
/// <param name="Verifier"><see langword="null"/>: no password, so none is right.</param>
/// <remarks>Answers to a row of pg_authid, PostgreSQL 15. A log cluster has no catalogs: its roles are in <see cref="RoleFile"/>.</remarks>
public sealed record Role(string Name, bool Superuser, bool Replication, ScramVerifier? Verifier)
{
    /// <summary>NAMEDATALEN - 1.</summary>
    private const int MaxNameBytes = 63;

    /// <exception cref="PgException">The name cannot be a role's.</exception>
    public static void CheckName(string name)
    {
        if (name.Length == 0)
            throw new PgException(SqlStates.InvalidName, "role name must not be empty");
        if (name.Any(char.IsControl))
            throw new PgException(SqlStates.InvalidName, "role name must not contain control characters");
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            throw new PgException(SqlStates.NameTooLong, $"role name \"{name}\" is too long", $"A name has at most {MaxNameBytes} bytes.");
        if (name.StartsWith("pg_", StringComparison.Ordinal))
            throw new PgException(SqlStates.ReservedName, $"role name \"{name}\" is reserved", "Role names starting with \"pg_\" are reserved.");
        if (name is "public" or "none")
            throw new PgException(SqlStates.ReservedName, $"role name \"{name}\" is reserved");
    }
}
