using System.Buffers.Binary;
using System.Text;


namespace Pgrepl.Shared.Protocol;

/// <summary>What the first packet of a connection asks for.</summary>
public enum StartupKind
{
    Session,
    SslRequest,
    GssEncRequest,
    CancelRequest,
}

/// <summary>What the <c>replication</c> parameter makes of a session.</summary>
public enum ReplicationMode
{
    /// <summary>SQL only.</summary>
    None,

    /// <summary>Replication commands only; no database.</summary>
    Physical,

    /// <summary>Replication commands and SQL (<c>replication=database</c>).</summary>
    Database,
}

/// <summary>The first packet of a connection, decoded.</summary>
/// <remarks>Source of truth: ProcessStartupPacket, PostgreSQL 15, src/backend/postmaster/postmaster.c. Big-endian.
/// <code>
/// offset  size  field
///      0     4  Length          of the whole packet, itself included
///      4     4  Code            protocol version (major shl 16, minor) or one of the request codes
///      8     …  parameters      name NUL value NUL …, closed by one NUL; a CancelRequest has pid (4) and key (4) instead
/// </code></remarks>
public sealed class StartupPacket
{
    /// <summary>MAX_STARTUP_PACKET_LENGTH: bytes behind the length word.</summary>
    public const int MaxLength = 10000;

    /// <summary>Of a whole packet, bytes: its length word too.</summary>
    public const int LargestSize = sizeof(int) + MaxLength;

    public const int CancelRequestCode = 1234 << 16 | 5678;
    public const int SslRequestCode = 1234 << 16 | 5679;
    public const int GssEncRequestCode = 1234 << 16 | 5680;

    /// <summary>PG_PROTOCOL_LATEST of PostgreSQL 15: 3.0.</summary>
    public const int LatestProtocol = 3 << 16;

    /// <summary>NAMEDATALEN - 1: user and database names are cut there, in bytes.</summary>
    private const int MaxNameBytes = 63;

    private StartupPacket(StartupKind kind) => Kind = kind;

    public StartupKind Kind { get; }

    /// <summary>Minor protocol version the client asked for.</summary>
    public int MinorVersion { get; private init; }

    /// <summary>Names of <c>_pq_.</c> options, none of which we know.</summary>
    public IReadOnlyList<string> UnknownProtocolOptions { get; private init; } = [];

    /// <summary>Answer with NegotiateProtocolVersion before anything else.</summary>
    public bool NeedsNegotiation => MinorVersion > 0 || UnknownProtocolOptions.Count > 0;

    /// <summary>Every name and value of the packet as sent, the last one of a repeated name.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; private init; } = new Dictionary<string, string>();

    /// <summary>Settings to apply at the session's start, in their order: <c>-c x=y</c> out of <c>options</c> first, then the packet's own names.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; private init; } = [];

    public string User { get; private init; } = "";

    /// <summary>The user's name when none was given; empty for a physical replication connection.</summary>
    public string Database { get; private init; } = "";

    public ReplicationMode Replication { get; private init; }

    /// <summary>BackendKeyData of the session to cancel.</summary>
    public int CancelPid { get; private init; }

    public int CancelKey { get; private init; }

    /// <summary>Decodes the packet at the start of <paramref name="received"/>.</summary>
    /// <param name="consumed">Bytes the packet took; later bytes belong to the session (or, after an SSLRequest, to an attacker).</param>
    /// <returns><see langword="null"/>: not all there yet, receive more. The packet never exceeds <see cref="MaxLength"/> + 4 bytes.</returns>
    /// <exception cref="PgException">All of them end the connection; 08P01 without an answer in PostgreSQL, the others as FATAL.</exception>
    public static StartupPacket? TryParse(ReadOnlySpan<byte> received, out int consumed)
    {
        consumed = 0;
        if (received.Length < 4)
            return null;
        int length = BinaryPrimitives.ReadInt32BigEndian(received);
        if (length is < 8 or > MaxLength + 4)
            throw new PgException(SqlStates.ProtocolViolation, "invalid length of startup packet");
        if (received.Length < length)
            return null;
        consumed = length;
        int code = BinaryPrimitives.ReadInt32BigEndian(received[4..]);
        ReadOnlySpan<byte> body = received[8..length];
        switch (code)
        {
            case CancelRequestCode:
                if (length != 16)
                    throw new PgException(SqlStates.ProtocolViolation, "invalid length of startup packet");
                return new StartupPacket(StartupKind.CancelRequest)
                {
                    CancelPid = BinaryPrimitives.ReadInt32BigEndian(body),
                    CancelKey = BinaryPrimitives.ReadInt32BigEndian(body[4..]),
                };
            case SslRequestCode:
                return new StartupPacket(StartupKind.SslRequest);
            case GssEncRequestCode:
                return new StartupPacket(StartupKind.GssEncRequest);
        }
        if ((uint)code >> 16 != LatestProtocol >> 16)
            throw UnsupportedProtocol(code);
        return ParseSession(body, code & 0xFFFF);
    }

    /// <summary>0A000: the code is no protocol version that is spoken here, or a request that was answered already.</summary>
    public static PgException UnsupportedProtocol(int code) =>
        new(SqlStates.FeatureNotSupported, $"unsupported frontend protocol {(uint)code >> 16}.{(uint)code & 0xFFFF}: server supports 3.0 to 3.0");

    private static StartupPacket ParseSession(ReadOnlySpan<byte> body, int minor)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new List<string>();
        var unknown = new List<string>();
        int offset = 0;
        while (offset < body.Length && body[offset] != 0)
        {
            int nameLength = body[offset..].IndexOf((byte)0);
            int value = offset + nameLength + 1;
            int valueLength = nameLength < 0 || value >= body.Length ? -1 : body[value..].IndexOf((byte)0);
            if (valueLength < 0)
                break; // a name or value without its end: the check below says so
            string name = Encoding.UTF8.GetString(body.Slice(offset, nameLength));
            if (!parameters.ContainsKey(name))
                names.Add(name);
            if (name.StartsWith("_pq_.", StringComparison.Ordinal))
                unknown.Add(name);
            parameters[name] = Encoding.UTF8.GetString(body.Slice(value, valueLength));
            offset = value + valueLength + 1;
        }
        if (offset != body.Length - 1)
            throw new PgException(SqlStates.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte");

        ReplicationMode replication = ParseReplication(parameters.GetValueOrDefault("replication", "false"));
        string user = Cut(parameters.GetValueOrDefault("user", ""));
        if (user.Length == 0)
            throw new PgException(SqlStates.InvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet");
        string database = Cut(parameters.GetValueOrDefault("database", ""));
        var settings = new List<KeyValuePair<string, string>>();
        if (parameters.TryGetValue("options", out string? options))
            settings.AddRange(StartupOptions.Parse(options));
        foreach (string name in names)
            if (name is not ("user" or "database" or "options" or "replication") && !name.StartsWith("_pq_.", StringComparison.Ordinal))
                settings.Add(new(name, parameters[name]));
        return new StartupPacket(StartupKind.Session)
        {
            MinorVersion = minor,
            UnknownProtocolOptions = unknown,
            Parameters = parameters,
            Settings = settings,
            User = user,
            Database = replication == ReplicationMode.Physical ? "" : database.Length == 0 ? user : database,
            Replication = replication,
        };
    }

    /// <summary>A boolean as parse_bool reads it (any unambiguous beginning), or <c>database</c>.</summary>
    private static ReplicationMode ParseReplication(string value)
    {
        if (value == "database")
            return ReplicationMode.Database;
        return BooleanWord.TryParse(value, out bool on)
            ? on ? ReplicationMode.Physical : ReplicationMode.None
            : throw new PgException(SqlStates.InvalidParameterValue, $"invalid value for parameter \"replication\": \"{value}\"",
                hint: "Valid values are: \"false\", 0, \"true\", 1, \"database\".");
    }

    private static string Cut(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MaxNameBytes)
            return name;
        int length = Math.Min(name.Length, MaxNameBytes);
        while (Encoding.UTF8.GetByteCount(name.AsSpan(0, length)) > MaxNameBytes || char.IsHighSurrogate(name[length - 1]))
            length--;
        return name[..length];
    }
}
