using System.Net;
using System.Security.Cryptography;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Shared.Storage;
using Pgrepl.WalSender.Tls;

namespace Pgrepl.WalSender.Auth;

/// <summary>Decides by pg_hba.conf whether a client may come in, and finds out whether it is who it says.</summary>
/// <param name="tls">What the connection is encrypted with.</param>
/// <param name="address">Of the client; <see langword="null"/>: a Unix socket.</param>
/// <param name="deadline">Environment.TickCount64 at which the client has had its time.</param>
/// <remarks>Answers to ClientAuthentication and auth_failed, PostgreSQL 15, src/backend/libpq/auth.c; their messages word for word.</remarks>
internal sealed class Authentication(ClientSession session, TlsPump? tls, IPAddress? address, StartupPacket packet, long deadline)
{
    private readonly ChildProcess _self = session.Process;
    private readonly bool _replication = packet.Replication == ReplicationMode.Physical;
    private readonly string _encryption = tls is null ? "no encryption" : "SSL encryption";

    /// <exception cref="PgException">28000, 28P01: not let in; 42501: in, but not for replication.</exception>
    public SessionRole Authenticate()
    {
        HbaConnection connection = new(address is null, address, Tls: tls is not null, packet.Database, packet.User, _replication);
        HbaLine? line = HbaFile.FromText(_self.Segment.Settings.Hba.Value).Match(connection);
        RoleFile roles = RoleFile.Read(_self.Data);
        Role? onFile = roles.Find(packet.User);
        if (line is not null && line.AsksForCertificate)
            RequireCertificate();
        switch (line?.Method)
        {
            case null:
                throw new PgException(SqlStates.InvalidAuthorizationSpecification, $"no pg_hba.conf entry for {Who("from")}")
                {
                    LogDetail = connection.HostName.Detail,
                };
            case HbaMethod.Trust:
                break;
            case HbaMethod.Reject:
                throw new PgException(SqlStates.InvalidAuthorizationSpecification, _replication ? $"pg_hba.conf rejects {Who("for")}" : $"pg_hba.conf rejects connection for {Who("for")}");
            case HbaMethod.Peer when address is null:
                string? system = ProcessCalls.UserName(SocketCalls.PeerUserId(session.Socket));
                if (system is null || !Identities().Allows(line.Map, system, packet.User))
                    throw new PgException(SqlStates.InvalidAuthorizationSpecification, $"Peer authentication failed for user \"{packet.User}\"") { LogDetail = Matched(line) };
                break;
            case HbaMethod.ScramSha256:
                CheckPassword(line, roles, onFile);
                break;
            case HbaMethod.Cert:
                break; // below
            default:
                throw new InvalidOperationException($"the method of line {line.LineNumber} of pg_hba.conf was not to be loaded");
        }
        if (line.ChecksCertificateName)
            CheckCertificateName(line);
        SessionRole role = SessionRole.Of(packet.User, onFile);
        if (packet.Replication != ReplicationMode.None)
            role.RequireWalSender();
        return role;
    }

    private void RequireCertificate()
    {
        if (tls?.Files.Authorities is null)
            throw new PgException(SqlStates.ConfigFileError, "client certificates can only be checked if a root certificate store is available");
        if (tls.ClientCertificate is null)
            throw new PgException(SqlStates.InvalidAuthorizationSpecification, "connection requires a valid client certificate");
    }

    /// <summary>CheckCertAuth: the certificate's common name, or its whole subject, must be the user, by the map if the line has one.</summary>
    private void CheckCertificateName(HbaLine line)
    {
        string? name = line.ComparesDistinguishedName ? CertificateName.Distinguished(tls!.ClientCertificate!) : CertificateName.Common(tls!.ClientCertificate!);
        if (name is not null && Identities().Allows(line.Map, name, packet.User))
            return;
        string why = name is null ? "The client's certificate has no user name." : $"The certificate's {(line.ComparesDistinguishedName ? "distinguished" : "common")} name is \"{name}\".";
        string method = line.Method switch
        {
            HbaMethod.Cert => "certificate authentication",
            HbaMethod.ScramSha256 => "password authentication",
            _ => "\"trust\" authentication",
        };
        throw new PgException(line.Method == HbaMethod.ScramSha256 ? SqlStates.InvalidPassword : SqlStates.InvalidAuthorizationSpecification, $"{method} failed for user \"{packet.User}\"")
        {
            LogDetail = $"{why}\n{Matched(line)}",
        };
    }

    private void CheckPassword(HbaLine line, RoleFile roles, Role? role)
    {
        ChannelBinding bindings = new(tls?.Files.EndPointHash());
        ScramExchange exchange = new(role?.Verifier ?? MadeUp(roles), doomed: role?.Verifier is null, bindings);
        if (new SaslConversation(session, deadline).Run(exchange, bindings))
            return;
        string? why = role is null ? $"Role \"{packet.User}\" does not exist." : role.Verifier is null ? $"User \"{packet.User}\" has no password assigned." : null;
        throw new PgException(SqlStates.InvalidPassword, $"password authentication failed for user \"{packet.User}\"")
        {
            LogDetail = why is null ? Matched(line) : $"{why}\n{Matched(line)}", // what the client is told does not say why
        };
    }

    /// <summary>For a role without a password: the salt is always the same for the same name, as a real one is.</summary>
    private ScramVerifier MadeUp(RoleFile roles) => new(ScramVerifier.DefaultIterations,
        SHA256.HashData([.. Encoding.UTF8.GetBytes(packet.User), .. roles.Nonce.Span]).AsMemory(0, ScramVerifier.SaltSize),
        RandomNumberGenerator.GetBytes(ScramVerifier.KeySize), RandomNumberGenerator.GetBytes(ScramVerifier.KeySize));

    private static string Matched(HbaLine line) => $"Connection matched {Path.GetFileName(line.File)} line {line.LineNumber}: \"{line.Raw}\"";

    private string Who(string from)
    {
        string host = address?.ToString() ?? "[local]";
        return _replication ? $"replication connection {from} host \"{host}\", user \"{packet.User}\", {_encryption}"
            : $"host \"{host}\", user \"{packet.User}\", database \"{packet.Database}\", {_encryption}";
    }

    private IdentMap Identities() => IdentMap.FromText(_self.Segment.Settings.Ident.Value);
}
