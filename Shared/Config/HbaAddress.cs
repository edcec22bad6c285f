using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Pgrepl.Shared.Config;

/// <summary>A network of pg_hba.conf: an address and the bits of it that count. The mask need not be a prefix.</summary>
public sealed class HbaAddress
{
    private readonly byte[] _network;
    private readonly byte[] _mask;

    private HbaAddress(byte[] network, byte[] mask)
    {
        _network = network;
        _mask = mask;
    }

    /// <summary>An IPv4 client of an IPv6 socket is an IPv4 client.</summary>
    public bool Contains(IPAddress client)
    {
        byte[] address = (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client).GetAddressBytes();
        if (address.Length != _network.Length)
            return false;
        for (int i = 0; i < address.Length; i++)
            if (((address[i] ^ _network[i]) & _mask[i]) != 0)
                return false;
        return true;
    }

    /// <returns><see langword="null"/>: not a number, so perhaps a host name.</returns>
    internal static IPAddress? ParseIp(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(c => c == '.') == 3) ? address : null;

    /// <returns><see langword="null"/>: the bits do not fit the address.</returns>
    internal static HbaAddress? WithPrefix(IPAddress address, string bits)
    {
        byte[] network = address.GetAddressBytes();
        if (!int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > network.Length * 8)
            return null;
        byte[] mask = new byte[network.Length];
        for (int i = 0; i < length; i++)
            mask[i / 8] |= (byte)(0x80 >> (i % 8));
        return new HbaAddress(network, mask);
    }

    /// <returns><see langword="null"/>: address and mask are of different families.</returns>
    internal static HbaAddress? WithMask(IPAddress address, IPAddress mask) =>
        address.AddressFamily == mask.AddressFamily ? new HbaAddress(address.GetAddressBytes(), mask.GetAddressBytes()) : null;
}
