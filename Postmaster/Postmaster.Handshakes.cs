using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Postmaster;

/// <summary>Clients that have not proved yet who they are: of one address only so many are with walsenders at a time, the others wait here for their turn.</summary>
/// <remarks>Ours alone (pgrepl.max_handshakes_per_address). They wait instead of being refused: after a failover all clients of a host come at once, and mean no harm.</remarks>
internal sealed partial class Postmaster
{
    private const int NetworkBytes = 8; // of an IPv6 address: whoever has one has its whole /64

    /// <summary>What is counted as one client's address; <see langword="null"/> for Unix sockets, which are not counted.</summary>
    private static IPAddress? SourceOf(int descriptor)
    {
        if (!SocketCalls.TryGetPeer(descriptor, out IPEndPoint? peer) || peer is null)
            return null;
        IPAddress address = peer.Address;
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>What has come wants a walsender, and those of its address are busy with strangers enough.</summary>
    private bool MustWait(PendingConnection connection, StartupPacket? packet)
    {
        int most = _settings.Int("pgrepl.max_handshakes_per_address");
        if (most == 0 || connection.Source is not { } source)
            return false;
        bool wantsWalSender = packet is null ? StartsTls(connection) : packet.Kind == StartupKind.Session || (packet.Kind == StartupKind.SslRequest && MayUseTls(connection));
        return wantsWalSender && _children.Count(c => c.HasClient && !c.IsAuthenticated && source.Equals(c.Source)) >= most;
    }

    /// <summary>The next ones of those that wait, the oldest first.</summary>
    private void ServeWaiting()
    {
        for (int i = 0; i < _pending.Count;)
            if (!_pending[i].Waits || LookAt(i))
                i++;
    }

    /// <summary>Makes room for one more connection: of the address that has the most of them, the oldest gives way.</summary>
    private void GiveWay()
    {
        IPAddress crowd = _pending.CountBy(c => c.Source ?? IPAddress.None).MaxBy(group => group.Value).Key;
        int oldest = _pending.FindIndex(c => (c.Source ?? IPAddress.None).Equals(crowd));
        if (LookAt(oldest))
            Drop(oldest);
    }

    /// <summary>Its time is up.</summary>
    private void GiveUp(int index)
    {
        if (_pending[index].Waits)
            Refuse(_pending[index], new PgException(SqlStates.TooManyConnections, $"too many connections from \"{_pending[index].Source}\" are not authenticated yet",
                hint: "See pgrepl.max_handshakes_per_address."));
        Drop(index);
    }
}
