using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pgrepl.WalSender.Sql;

/// <summary>An address and the length of its network prefix, in bits.</summary>
/// <remarks>Source of truth: inet_in, inet_out and inet_send, PostgreSQL 15, src/backend/utils/adt/network.c. The prefix is printed only when it is shorter than the address.</remarks>
internal sealed record SqlInet(IPAddress Address, int Prefix) : IComparable<SqlInet>
{
    public SqlInet(IPAddress address)
        : this(address, MaxPrefix(address))
    {
    }

    public static int MaxPrefix(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>By family, then address, then prefix: enough for a stable order.</summary>
    public int CompareTo(SqlInet? other)
    {
        if (other is null)
            return 1;
        byte[] mine = Address.GetAddressBytes(), theirs = other.Address.GetAddressBytes();
        int order = mine.Length.CompareTo(theirs.Length);
        order = order != 0 ? order : mine.AsSpan().SequenceCompareTo(theirs);
        return order != 0 ? order : Prefix.CompareTo(other.Prefix);
    }

    public static SqlInet? TryParse(string text)
    {
        text = text.Trim();
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string address = slash < 0 ? text : text[..slash];
        bool v4 = address.Count(c => c == '.') == 3 && address.All(c => char.IsAsciiDigit(c) || c == '.');
        if ((!v4 && !address.Contains(':', StringComparison.Ordinal)) || address.AsSpan().ContainsAny('[', ']', '%') || !IPAddress.TryParse(address, out IPAddress? parsed))
            return null;
        int prefix = MaxPrefix(parsed);
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > MaxPrefix(parsed)))
            return null;
        return new SqlInet(parsed, prefix);
    }

    public override string ToString() => Prefix == MaxPrefix(Address) ? Address.ToString() : $"{Address}/{Prefix}";
}
