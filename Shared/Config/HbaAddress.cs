using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Pgrepl.Shared.Config;

/// <summary>The address field of a line of pg_hba.conf.</summary>
/// <remarks>Source of truth: check_ip, check_same_host_or_net, check_hostname, PostgreSQL 15, src/backend/libpq/hba.c.</remarks>
public abstract class HbaAddress
{
    /// <param name="client">An IPv4 client of an IPv6 socket is an IPv4 client.</param>
    /// <param name="name">Asked only where the field is a host name.</param>
    public abstract bool Contains(IPAddress client, ClientHostName name);

    /// <returns><see langword="null"/>: not a number, so perhaps a host name.</returns>
    internal static IPAddress? ParseIp(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(c => c == '.') == 3) ? address : null;

    internal static IPAddress Plain(IPAddress client) => client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
}

/// <summary>An address and the bits of it that count. The mask need not be a prefix.</summary>
public sealed class HbaNetwork : HbaAddress
{
    private readonly byte[] _network;
    private readonly byte[] _mask;

    private HbaNetwork(byte[] network, byte[] mask)
    {
        _network = network;
        _mask = mask;
    }

    public override bool Contains(IPAddress client, ClientHostName name)
    {
        byte[] address = Plain(client).GetAddressBytes();
        if (address.Length != _network.Length)
            return false;
        for (int i = 0; i < address.Length; i++)
            if (((address[i] ^ _network[i]) & _mask[i]) != 0)
                return false;
        return true;
    }

    /// <returns><see langword="null"/>: the bits do not fit the address.</returns>
    internal static HbaNetwork? WithPrefix(IPAddress address, string bits)
    {
        byte[] network = address.GetAddressBytes();
        return int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= network.Length * 8
            ? WithPrefix(network, length) : null;
    }

    /// <returns><see langword="null"/>: address and mask are of different families.</returns>
    internal static HbaNetwork? WithMask(IPAddress address, IPAddress mask) =>
        address.AddressFamily == mask.AddressFamily ? new HbaNetwork(address.GetAddressBytes(), mask.GetAddressBytes()) : null;

    internal static HbaNetwork WithPrefix(byte[] network, int length)
    {
        byte[] mask = new byte[network.Length];
        for (int i = 0; i < length; i++)
            mask[i / 8] |= (byte)(0x80 >> (i % 8));
        return new HbaNetwork(network, mask);
    }
}

/// <summary>samehost: an address of this host's own; samenet: one in a network it is in.</summary>
public sealed class HbaOwnNetworks(bool wholeNetworks) : HbaAddress
{
    public override bool Contains(IPAddress client, ClientHostName name) =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Any(own =>
        {
            byte[] address = own.Address.GetAddressBytes();
            return HbaNetwork.WithPrefix(address, wholeNetworks ? own.PrefixLength : address.Length * 8).Contains(client, name);
        });
}

/// <summary>A host name, or with a dot before it all names that end so.</summary>
public sealed class HbaHostName(string pattern) : HbaAddress
{
    public override bool Contains(IPAddress client, ClientHostName name) =>
        name.Reverse is { } found
        && (pattern.StartsWith('.') ? found.EndsWith(pattern, StringComparison.OrdinalIgnoreCase) && found.Length > pattern.Length : found.Equals(pattern, StringComparison.OrdinalIgnoreCase))
        && name.LeadsBack;
}
