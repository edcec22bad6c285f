using System.Net;
using System.Net.Sockets;

namespace Pgrepl.Shared.Config;

/// <summary>The host name of a client's address, looked up when a line of pg_hba.conf first asks, and whether that name leads back to the address:
/// whoever owns an address writes its name, so the name alone proves nothing.</summary>
/// <remarks>Source of truth: check_hostname and HOSTNAME_LOOKUP_DETAIL, PostgreSQL 15, src/backend/libpq (hba.c, auth.c). It asks the system's resolver, and waits for it.</remarks>
public sealed class ClientHostName(IPAddress? client)
{
    private bool _asked;
    private string? _reverse;
    private bool? _leadsBack;

    /// <summary><see langword="null"/>: it has none.</summary>
    public string? Reverse
    {
        get
        {
            if (!_asked && client is not null)
                _reverse = Try(() => Dns.GetHostEntry(HbaAddress.Plain(client)).HostName);
            _asked = true;
            return _reverse;
        }
    }

    /// <summary>The name's addresses have the client's among them.</summary>
    public bool LeadsBack => _leadsBack ??= Reverse is { } name && Try(() => Dns.GetHostAddresses(name)) is { } addresses && addresses.Contains(HbaAddress.Plain(client!));

    /// <summary>For the log when no line matched; <see langword="null"/>: no line asked.</summary>
    public string? Detail => !_asked ? null
        : _reverse is null ? "Could not resolve client IP address to a host name."
        : _leadsBack switch
        {
            true => $"Client IP address resolved to \"{_reverse}\", forward lookup matches.",
            false => $"Client IP address resolved to \"{_reverse}\", forward lookup does not match.",
            null => $"Client IP address resolved to \"{_reverse}\", forward lookup not checked.",
        };

    private static T? Try<T>(Func<T> lookup) where T : class
    {
        try
        {
            return lookup();
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
