using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.WalSender.Auth;

/// <summary>Who a session is, and what it may do.</summary>
/// <remarks>A role that the node has on file may do what is on file there, however it logged in. Any other name came in by a line of pg_hba.conf
/// that asks for no password: that line is its only judge, and it may do everything, as ever on a node without roles.</remarks>
internal sealed record SessionRole(string Name, bool IsSuperuser, bool MayReplicate)
{
    public static SessionRole Of(string name, Role? onFile) => onFile is null
        ? new SessionRole(name, IsSuperuser: true, MayReplicate: true)
        : new SessionRole(name, onFile.Superuser, onFile.Superuser || onFile.Replication);

    /// <exception cref="PgException">42501.</exception>
    /// <remarks>Text: InitPostgres, PostgreSQL 15, src/backend/utils/init/postinit.c.</remarks>
    public void RequireWalSender()
    {
        if (!MayReplicate)
            throw new PgException(SqlStates.InsufficientPrivilege, "must be superuser or replication role to start walsender");
    }

    /// <exception cref="PgException">42501.</exception>
    /// <remarks>Text: CheckSlotPermissions, PostgreSQL 15, src/backend/replication/slot.c.</remarks>
    public void RequireSlots()
    {
        if (!MayReplicate)
            throw new PgException(SqlStates.InsufficientPrivilege, "must be superuser or replication role to use replication slots");
    }
}
