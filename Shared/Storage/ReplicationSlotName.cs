using System.Text;

namespace Pgrepl.Shared.Storage;

/// <summary>A slot's name is also the name of its folder.</summary>
public static class ReplicationSlotName
{
    /// <summary>ReplicationSlotValidateName: letters a to z, digits and the underscore, 1 to 63 of them.</summary>
    /// <exception cref="PgException">42602 too short or a character of another kind, 42622 too long.</exception>
    /// <remarks>Source of truth: PostgreSQL 15, src/backend/replication/slot.c.</remarks>
    public static void Validate(string name)
    {
        if (name.Length == 0)
            throw new PgException(SqlStates.InvalidName, $"replication slot name \"{name}\" is too short");
        if (Encoding.UTF8.GetByteCount(name) >= ReplicationSlotData.NameSize)
            throw new PgException(SqlStates.NameTooLong, $"replication slot name \"{name}\" is too long");
        foreach (char c in name)
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
                throw new PgException(SqlStates.InvalidName, $"replication slot name \"{name}\" contains invalid character",
                    hint: "Replication slot names may only contain lower case letters, numbers, and the underscore character.");
    }
}
