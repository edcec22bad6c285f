using System.Net;

namespace Pgrepl.Shared.Config;

/// <summary>Reads pg_hba.conf. A line that cannot be read refuses the whole file, so that nothing is let in by a mistake.</summary>
/// <remarks>Texts: parse_hba_line, PostgreSQL 15, src/backend/libpq/hba.c.</remarks>
public static class HbaFile
{
    private static readonly Dictionary<string, HbaMethod> Methods = new()
    {
        ["trust"] = HbaMethod.Trust,
        ["reject"] = HbaMethod.Reject,
        ["password"] = HbaMethod.Password,
        ["md5"] = HbaMethod.Md5,
        ["scram-sha-256"] = HbaMethod.ScramSha256,
        ["peer"] = HbaMethod.Peer,
        ["ident"] = HbaMethod.Ident,
        ["cert"] = HbaMethod.Cert,
        ["gss"] = HbaMethod.Gss,
        ["sspi"] = HbaMethod.Sspi,
        ["pam"] = HbaMethod.Pam,
        ["bsd"] = HbaMethod.Bsd,
        ["ldap"] = HbaMethod.Ldap,
        ["radius"] = HbaMethod.Radius,
    };

    private static readonly HbaMethod[] Built = [HbaMethod.Trust, HbaMethod.Reject, HbaMethod.Peer, HbaMethod.ScramSha256, HbaMethod.Cert];

    /// <param name="path">For messages.</param>
    /// <exception cref="ConfigurationException">With the line.</exception>
    public static HbaRules Parse(string text, string path) => Parse(Read(text, path));

    /// <summary>Reads the file and those it includes, and judges all.</summary>
    /// <returns>What <see cref="FromText"/> takes.</returns>
    /// <exception cref="ConfigurationException">With the line.</exception>
    public static string ToText(string text, string path)
    {
        List<AuthLine> lines = Read(text, path);
        _ = Parse(lines);
        return AuthLine.ToText(lines);
    }

    /// <summary>Rules that were judged before: a line is looked at when the lines above it do not match.</summary>
    public static HbaRules FromText(string text) => new(AuthLine.FromText(text).Select(line => new LineParser(line).Parse()));

    private static List<AuthLine> Read(string text, string path) =>
        AuthTokens.Read(text, path) is { Count: > 0 } lines ? lines : throw new ConfigurationException(path, 0, 0, "contains no entries");

    private static HbaRules Parse(List<AuthLine> lines) => new([.. lines.Select(line => new LineParser(line).Parse())]);

    private sealed class LineParser(AuthLine line)
    {
        private int _next;

        public HbaLine Parse()
        {
            HbaConnectionType type = ConnectionType(Single("connection type", "Specify exactly one connection type per line."));
            IReadOnlyList<AuthToken> databases = Field("database specification");
            IReadOnlyList<AuthToken> users = Field("role specification");
            HbaAddress? address = type == HbaConnectionType.Local ? null : Address();
            HbaMethod method = Method(type);
            var options = new Dictionary<string, string>();
            while (_next < line.Fields.Count)
                foreach (AuthToken token in line.Fields[_next++])
                    Option(token.Text, type, method, options);
            return new HbaLine(line.File, line.Number, line.Raw, type, databases, users, address, method, options);
        }

        private HbaConnectionType ConnectionType(string word) => word switch
        {
            "local" => HbaConnectionType.Local,
            "host" => HbaConnectionType.Host,
            "hostssl" => HbaConnectionType.HostSsl,
            "hostnossl" => HbaConnectionType.HostNoSsl,
            "hostgssenc" => HbaConnectionType.HostGssEncrypted,
            "hostnogssenc" => HbaConnectionType.HostNoGssEncrypted,
            _ => throw Error($"invalid connection type \"{word}\""),
        };

        private HbaAddress? Address()
        {
            IReadOnlyList<AuthToken> field = Field("IP address specification");
            if (field.Count > 1)
                throw Error("multiple values specified for host address", "Specify one address range per line.");
            AuthToken token = field[0];
            if (token.IsKeyword("all"))
                return null;
            if (token.IsKeyword("samehost") || token.IsKeyword("samenet"))
                return new HbaOwnNetworks(wholeNetworks: token.Text == "samenet");
            int slash = token.Text.IndexOf('/');
            string number = slash < 0 ? token.Text : token.Text[..slash];
            if (HbaAddress.ParseIp(number) is not { } address)
            {
                return slash < 0 ? new HbaHostName(number)
                    : throw Error($"specifying both host name and CIDR mask is invalid: \"{token.Text}\"");
            }
            if (slash >= 0)
                return HbaNetwork.WithPrefix(address, token.Text[(slash + 1)..]) ?? throw Error($"invalid CIDR mask in address \"{token.Text}\"");
            IReadOnlyList<AuthToken> maskField = Field("netmask specification", "Specify an address range in CIDR notation, or provide a separate netmask.");
            if (maskField.Count > 1)
                throw Error("multiple values specified for netmask");
            IPAddress mask = HbaAddress.ParseIp(maskField[0].Text) ?? throw Error($"invalid IP mask \"{maskField[0].Text}\"");
            return HbaNetwork.WithMask(address, mask) ?? throw Error("IP address and mask do not match");
        }

        private HbaMethod Method(HbaConnectionType type)
        {
            string word = Single("authentication method", "Specify exactly one authentication type per line.", "authentication type");
            if (!Methods.TryGetValue(word, out HbaMethod method))
                throw Error($"invalid authentication method \"{word}\"");
            if (type == HbaConnectionType.Local && method == HbaMethod.Ident)
                return HbaMethod.Peer;
            if (!Built.Contains(method))
                throw Error($"invalid authentication method \"{word}\": not supported by this build", "This build knows trust, reject, peer, scram-sha-256 and cert.");
            if (type != HbaConnectionType.Local && method == HbaMethod.Peer)
                throw Error("peer authentication is only supported on local sockets");
            if (type != HbaConnectionType.HostSsl && method == HbaMethod.Cert)
                throw Error("cert authentication is only supported on hostssl connections");
            return method;
        }

        private void Option(string text, HbaConnectionType type, HbaMethod method, Dictionary<string, string> options)
        {
            int equals = text.IndexOf('=');
            if (equals < 0)
                throw Error($"authentication option not in name=value format: {text}");
            (string name, string value) = (text[..equals], text[(equals + 1)..]);
            switch (name)
            {
                case "map":
                    if (method is not (HbaMethod.Ident or HbaMethod.Peer or HbaMethod.Gss or HbaMethod.Sspi or HbaMethod.Cert))
                        throw Error("authentication option \"map\" is only valid for authentication methods ident, peer, gssapi, sspi, and cert");
                    break;
                case "clientcert":
                    if (type != HbaConnectionType.HostSsl)
                        throw Error("clientcert can only be configured for \"hostssl\" rows");
                    if (value is not ("verify-ca" or "verify-full"))
                        throw Error($"invalid value for clientcert: \"{value}\"");
                    if (method == HbaMethod.Cert && value != "verify-full")
                        throw Error("clientcert only accepts \"verify-full\" when using \"cert\" authentication");
                    break;
                case "clientname":
                    if (type != HbaConnectionType.HostSsl)
                        throw Error("clientname can only be configured for \"hostssl\" rows");
                    if (value is not ("CN" or "DN"))
                        throw Error($"invalid value for clientname: \"{value}\"");
                    break;
                default:
                    // What a method that is not built yet would read is kept, so that a file made for PostgreSQL loads.
                    if (method is not (HbaMethod.Ldap or HbaMethod.Radius or HbaMethod.Pam or HbaMethod.Gss or HbaMethod.Sspi))
                        throw Error($"unrecognized authentication option name: \"{name}\"");
                    break;
            }
            options[name] = value;
        }

        private string Single(string what, string hint, string? many = null)
        {
            IReadOnlyList<AuthToken> field = Field(what);
            return field.Count == 1 ? field[0].Text : throw Error($"multiple values specified for {many ?? what}", hint);
        }

        private IReadOnlyList<AuthToken> Field(string what, string? hint = null) =>
            _next < line.Fields.Count ? line.Fields[_next++] : throw Error($"end-of-line before {what}", hint);

        private ConfigurationException Error(string problem, string? hint = null) => new(line.File, line.Number, 0, problem, hint: hint);
    }
}
