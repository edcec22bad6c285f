using System.Net;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Auth;

/// <summary>Decides by pg_hba.conf whether a client may come in.</summary>
/// <remarks>Answers to ClientAuthentication, PostgreSQL 15, src/backend/libpq/auth.c; its messages word for word. trust, reject and peer are built.</remarks>
internal static class Authentication
{
    /// <exception cref="PgException">28000, or 0A000 for a method that is not built.</exception>
    public static void Authenticate(ChildProcess self, int socket, IPAddress? address, StartupPacket packet)
    {
        bool replication = packet.Replication == ReplicationMode.Physical;
        HbaLine? line = Rules(self).Match(new HbaConnection(address is null, address, Tls: false, packet.Database, packet.User, replication));
        string host = address?.ToString() ?? "[local]";
        string who = replication ? $"replication connection from host \"{host}\", user \"{packet.User}\", no encryption"
            : $"host \"{host}\", user \"{packet.User}\", database \"{packet.Database}\", no encryption";
        switch (line?.Method)
        {
            case null:
                throw new PgException(SqlStates.InvalidAuthorizationSpecification, $"no pg_hba.conf entry for {who}");
            case HbaMethod.Trust:
                return;
            case HbaMethod.Reject:
                throw new PgException(SqlStates.InvalidAuthorizationSpecification, $"pg_hba.conf rejects {(replication ? "" : "connection for ")}{who}");
            case HbaMethod.Peer when address is null:
                string? system = ProcessCalls.UserName(SocketCalls.PeerUserId(socket));
                if (system is null || !Identities(self).Allows(line.Map, system, packet.User))
                    throw new PgException(SqlStates.InvalidAuthorizationSpecification, $"Peer authentication failed for user \"{packet.User}\"");
                return;
            default:
                throw new PgException(SqlStates.FeatureNotSupported,
                    $"authentication method of line {line.LineNumber} of pg_hba.conf is not supported",
                    hint: "This version of pgrepl knows trust, reject and peer.");
        }
    }

    private static HbaRules Rules(ChildProcess self)
    {
        byte[] text = new byte[SettingsBlock.HbaSize];
        return HbaFile.Parse(Encoding.UTF8.GetString(text.AsSpan(0, self.Segment.Settings.Hba.Read(text))), self.Data.HbaFile);
    }

    private static IdentMap Identities(ChildProcess self)
    {
        byte[] text = new byte[SettingsBlock.IdentSize];
        return IdentMap.Parse(Encoding.UTF8.GetString(text.AsSpan(0, self.Segment.Settings.Ident.Read(text))), self.Data.IdentFile);
    }
}
