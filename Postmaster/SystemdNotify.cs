using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Postmaster;

/// <summary>What systemd is told: one datagram a message to NOTIFY_SOCKET. Without that variable nothing is sent.</summary>
/// <remarks>Source of truth: sd_notify(3), sd_watchdog_enabled(3); PostgreSQL 15 sends READY and STOPPING, src/backend/postmaster/postmaster.c. It never
/// waits: a message that the socket does not take now is sent before the next one, or on the next turn. WATCHDOG alone is dropped.</remarks>
internal sealed class SystemdNotify : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _address;
    private readonly ServerLog _log;
    private readonly Queue<string> _unsent = new();

    /// <summary>Milliseconds between two WATCHDOG=1: half of what systemd allows; 0: it does not watch us.</summary>
    private readonly long _watchdogPeriod;

    private bool _ready, _stopping, _complained;

    /// <param name="socket">A path, or '@' and an abstract name; <see langword="null"/>: nobody listens.</param>
    /// <param name="watchdogMicroseconds">WATCHDOG_USEC.</param>
    /// <param name="watchdogPid">WATCHDOG_PID: whom systemd watches; <see langword="null"/>: us.</param>
    internal SystemdNotify(string? socket, string? watchdogMicroseconds, string? watchdogPid, ServerLog log)
    {
        _log = log;
        if (string.IsNullOrEmpty(socket))
            return;
        if (socket[0] is not ('/' or '@') || socket.Length < 2 || Encoding.UTF8.GetByteCount(socket) > 107)
        {
            log.Warning($"invalid NOTIFY_SOCKET \"{socket}\"", hint: "It is an absolute path, or \"@\" and an abstract name.");
            return;
        }
        _address = new(socket[0] == '@' ? "\0" + socket[1..] : socket);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        bool watchesUs = watchdogPid is null || watchdogPid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (watchesUs && long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit > 0)
            _watchdogPeriod = Math.Max(1, limit / 2000);
    }

    internal bool IsThere => _socket is not null;

    /// <summary>Environment.TickCount64 at which the next WATCHDOG=1 is due; none: <see cref="long.MaxValue"/>.</summary>
    internal long NextWatchdog { get; private set; } = long.MaxValue;

    /// <summary>From the environment, which then holds these variables no more: a child, or a command it runs, must not speak for us.</summary>
    internal static SystemdNotify TakeFromEnvironment(ServerLog log)
    {
        return new SystemdNotify(Take("NOTIFY_SOCKET"), Take("WATCHDOG_USEC"), Take("WATCHDOG_PID"), log);

        static string? Take(string name)
        {
            string? value = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, null);
            return value;
        }
    }

    /// <summary>The service is up; said once.</summary>
    internal void Ready()
    {
        if (_ready)
            return;
        _ready = true;
        Send("READY=1");
        if (_watchdogPeriod > 0)
            NextWatchdog = Environment.TickCount64;
    }

    /// <summary>A reload begins. Before Ready there is none to speak of: its end would say READY too early.</summary>
    internal void Reloading()
    {
        if (_ready)
            Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={MonotonicTime.Microseconds}"));
    }

    internal void Reloaded()
    {
        if (_ready)
            Send("READY=1");
    }

    /// <summary>The service goes down; said once.</summary>
    internal void Stopping()
    {
        if (_stopping)
            return;
        _stopping = true;
        Send("STOPPING=1");
    }

    /// <summary>One line for <c>systemctl status</c>.</summary>
    internal void Status(string line) => Send("STATUS=" + line);

    /// <summary>Once a turn of the loop: what could not be sent before, and WATCHDOG=1 when it is due.</summary>
    internal void Turn()
    {
        if (_socket is null)
            return;
        Flush();
        long now = Environment.TickCount64;
        if (now < NextWatchdog)
            return;
        NextWatchdog = now + _watchdogPeriod;
        _ = TrySend("WATCHDOG=1");
    }

    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        if (_socket is null)
            return;
        _unsent.Enqueue(message);
        Flush();
    }

    private void Flush()
    {
        while (_unsent.TryPeek(out string? message) && TrySend(message))
            _ = _unsent.Dequeue();
    }

    /// <returns>False: the socket is full. A socket that is gone takes nothing and never will: said once.</returns>
    private bool TrySend(string message)
    {
        try
        {
            _ = _socket!.SendTo(Encoding.UTF8.GetBytes(message), _address!);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
        {
            return false;
        }
        catch (SocketException error)
        {
            if (!_complained)
                _log.Warning($"could not send a notification to systemd: {error.Message}");
            _complained = true;
            return true;
        }
    }
}
