using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Libpq;

/// <summary>Makes of a password what a server keeps of it.</summary>
public static class PgPassword
{
    /// <summary>The SCRAM-SHA-256 verifier of a password, as psql's <c>\password</c> makes it: SASLprep, a random salt, 4096 iterations (libpq's choice).</summary>
    /// <exception cref="PgException">libpq refuses; 58P01: there is no libpq.</exception>
    /// <remarks>PQencryptPasswordConn wants a connection only to ask for its algorithm and to keep an error in: one that leads nowhere does.
    /// Source of truth: PostgreSQL 15, src/interfaces/libpq/fe-auth.c.</remarks>
    public static string ToScram(string password, string user)
    {
        if (PgLibrary.LibpqMissing() is { } missing)
            throw new PgException(SqlStates.UndefinedFile, missing);
        using PgConnectionHandle nowhere = LibpqCalls.PQconnectStart("nowhere");
        nint secret = nowhere.IsInvalid ? 0 : LibpqCalls.PQencryptPasswordConn(nowhere, password, user, "scram-sha-256");
        if (secret == 0)
            throw new PgException(SqlStates.InvalidPassword, "could not encrypt password",
                nowhere.IsInvalid ? null : Marshal.PtrToStringUTF8(LibpqCalls.PQerrorMessage(nowhere))?.Trim());
        try
        {
            return Marshal.PtrToStringUTF8(secret)!;
        }
        finally
        {
            LibpqCalls.PQfreemem(secret);
        }
    }
}
