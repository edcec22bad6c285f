using System.Net;

namespace Pgrepl.Shared.Config;

/// <summary>First word of a line of pg_hba.conf.</summary>
public enum HbaConnectionType
{
    Local,
    Host,
    HostSsl,
    HostNoSsl,

    /// <summary>Matches nothing: there is no GSSAPI encryption here.</summary>
    HostGssEncrypted,
    HostNoGssEncrypted,
}

/// <summary>Every authentication method PostgreSQL knows; which of them work is the server's to say when a connection meets one.</summary>
/// <remarks>Source of truth: UserAuth, PostgreSQL 15, src/include/libpq/hba.h.</remarks>
public enum HbaMethod
{
    Trust,
    Reject,
    Password,
    Md5,
    ScramSha256,
    Peer,
    Ident,
    Cert,
    Gss,
    Sspi,
    Pam,
    Bsd,
    Ldap,
    Radius,
}

/// <summary>Who is connecting, as far as pg_hba.conf cares.</summary>
/// <param name="Local">Through a Unix socket.</param>
/// <param name="Address">Of the client; not needed for a local one.</param>
/// <param name="Tls">The connection is encrypted.</param>
/// <param name="Replication">Physical replication: only the word replication matches it.</param>
public sealed record HbaConnection(bool Local, IPAddress? Address, bool Tls, string Database, string User, bool Replication)
{
    /// <summary>What lines with a host name look at.</summary>
    public ClientHostName HostName { get; } = new(Address);
}

/// <param name="Address"><see langword="null"/>: all, or a local line.</param>
/// <param name="Options">name=value words after the method.</param>
/// <param name="File">It stands in.</param>
/// <param name="Raw">As it stands there.</param>
public sealed record HbaLine(
    string File,
    int LineNumber,
    string Raw,
    HbaConnectionType Type,
    IReadOnlyList<AuthToken> Databases,
    IReadOnlyList<AuthToken> Users,
    HbaAddress? Address,
    HbaMethod Method,
    IReadOnlyDictionary<string, string> Options)
{
    /// <summary>The user name map that peer and ident look in; <see langword="null"/>: names must be equal.</summary>
    public string? Map => Options.GetValueOrDefault("map");

    /// <summary>A client without a valid certificate is refused.</summary>
    public bool AsksForCertificate => Method == HbaMethod.Cert || Options.ContainsKey("clientcert");

    /// <summary>... and one whose certificate names another user.</summary>
    public bool ChecksCertificateName => Method == HbaMethod.Cert || Options.GetValueOrDefault("clientcert") == "verify-full";

    /// <summary>... by its whole subject and not by the common name in it.</summary>
    public bool ComparesDistinguishedName => Options.GetValueOrDefault("clientname") == "DN";

    internal bool Matches(HbaConnection connection) => MatchesType(connection) && MatchesDatabase(connection) && MatchesUser(connection.User);

    private bool MatchesType(HbaConnection connection)
    {
        if (connection.Local || Type == HbaConnectionType.Local)
            return connection.Local && Type == HbaConnectionType.Local;
        return Type switch
        {
            HbaConnectionType.HostSsl => connection.Tls,
            HbaConnectionType.HostNoSsl => !connection.Tls,
            HbaConnectionType.HostGssEncrypted => false,
            _ => true,
        } && (Address is null || connection.Address is not null && Address.Contains(connection.Address, connection.HostName));
    }

    private bool MatchesDatabase(HbaConnection connection) => Databases.Any(token =>
        connection.Replication ? token.IsKeyword("replication")
        : token.IsKeyword("all")
        || ((token.IsKeyword("sameuser") || token.IsKeyword("samerole") || token.IsKeyword("samegroup"))
            ? connection.Database == connection.User // a role is a member of itself; there are no other memberships here
            : !token.IsKeyword("replication") && token.Text == connection.Database));

    private bool MatchesUser(string user) => Users.Any(token =>
        !token.Quoted && token.Text.StartsWith('+') ? token.Text.AsSpan(1).SequenceEqual(user) : token.Text == user || token.IsKeyword("all"));
}

/// <summary>The lines of pg_hba.conf, in order; the first that matches decides.</summary>
/// <remarks>Source of truth: check_hba, PostgreSQL 15, src/backend/libpq/hba.c.</remarks>
public sealed class HbaRules(IEnumerable<HbaLine> lines)
{
    public IEnumerable<HbaLine> Lines { get; } = lines;

    /// <returns><see langword="null"/>: no line matches, so the connection is refused.</returns>
    public HbaLine? Match(HbaConnection connection) => Lines.FirstOrDefault(line => line.Matches(connection));
}
