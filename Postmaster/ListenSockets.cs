using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Postmaster;

/// <summary>The TCP and Unix sockets clients connect to.</summary>
/// <remarks>Answers to StreamServerPort and CreateSocketLockFile, PostgreSQL 15, src/backend/libpq/pqcomm.c, src/backend/utils/init/miscinit.c.</remarks>
internal sealed class ListenSockets : IDisposable
{
    /// <summary>Connections that wait for accept(): as many as the kernel's net.core.somaxconn lets, 4096 unless changed. A client that finds a Unix socket's queue
    /// full is sent away by its kernel ("Resource temporarily unavailable").</summary>
    private const int Backlog = int.MaxValue;

    private readonly List<Socket> _sockets = [];
    private readonly List<string> _files = [];

    public IEnumerable<int> Descriptors => _sockets.Select(s => (int)s.Handle);

    /// <param name="descriptor">One of ours.</param>
    public bool IsTcp(int descriptor) => _sockets.Exists(s => (int)s.Handle == descriptor && s.AddressFamily != AddressFamily.Unix);

    public string FirstUnixDirectory { get; private set; } = "";
    public string FirstAddress { get; private set; } = "";

    /// <exception cref="PgException">An address cannot be had.</exception>
    public static ListenSockets Open(SettingValues settings, ServerLog log)
    {
        ListenSockets sockets = new();
        try
        {
            sockets.BindAll(settings, log);
            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
            socket.Dispose();
        for (int i = _files.Count - 1; i >= 0; i--) // a lock file goes after what it guards
            _ = FileCalls.Unlink(_files[i]); // one that cannot be removed is in nobody's way
        _sockets.Clear();
        _files.Clear();
    }

    private void BindAll(SettingValues settings, ServerLog log)
    {
        int port = settings.Int("port");
        BindTcp(settings.List("listen_addresses"), port, log);
        foreach (string directory in settings.List("unix_socket_directories"))
            BindUnix(directory, port, settings.Int("unix_socket_permissions"), log);
        if (_sockets.Count == 0)
            throw new PgException(SqlStates.ConfigFileError, "no socket created for listening");
    }

    /// <summary>As PostgreSQL: an address that cannot be had is a warning, all of them are the end.</summary>
    private void BindTcp(string[] names, int port, ServerLog log)
    {
        foreach (string name in names)
        {
            IPAddress[] addresses = name == "*" ? [IPAddress.Any, IPAddress.IPv6Any] : Resolve(name, log);
            bool any = false;
            foreach (IPAddress address in addresses)
                any |= TryBind(new IPEndPoint(address, port), address.AddressFamily == AddressFamily.InterNetworkV6, log);
            if (!any)
                log.Warning($"could not create listen socket for \"{name}\"");
            else if (FirstAddress.Length == 0)
                FirstAddress = name;
        }
        if (names.Length > 0 && FirstAddress.Length == 0)
            throw new PgException(SqlStates.ConfigFileError, "could not create any TCP/IP sockets",
                hint: "The lines above say why; listen_addresses = '' leaves the Unix sockets alone.");
    }

    private static IPAddress[] Resolve(string name, ServerLog log)
    {
        try
        {
            return Dns.GetHostAddresses(name);
        }
        catch (SocketException error)
        {
            log.Log($"could not translate host name \"{name}\" to address: {error.Message}");
            return [];
        }
    }

    private bool TryBind(IPEndPoint end, bool v6Only, ServerLog log)
    {
        Socket socket = new(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (v6Only)
                socket.DualMode = false;
            socket.Bind(end);
            Listen(socket);
            log.Log(string.Create(CultureInfo.InvariantCulture,
                $"listening on {(v6Only ? "IPv6" : "IPv4")} address \"{end.Address}\", port {end.Port}"));
            return true;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            log.Log($"could not bind {(v6Only ? "IPv6" : "IPv4")} address \"{end.Address}\": {error.Message}",
                hint: error.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"Is another postmaster already running on port {end.Port}? If not, wait a few seconds and retry."
                    : null);
            return false;
        }
    }

    private void BindUnix(string directory, int port, int permissions, ServerLog log)
    {
        string path = Path.Combine(directory, $".s.PGSQL.{port}"), lockPath = path + ".lock";
        if (System.Text.Encoding.UTF8.GetByteCount(path) > 107)
            throw new PgException(SqlStates.ConfigFileError, $"Unix-domain socket path \"{path}\" is too long (maximum 107 bytes)");
        if (File.Exists(lockPath)
            && int.TryParse(File.ReadLines(lockPath).FirstOrDefault(), out int owner)
            && owner != Environment.ProcessId && ProcessCalls.IsAlive(owner))
            throw new PgException(SqlStates.LockFileExists, $"lock file \"{lockPath}\" already exists",
                hint: $"Is another postmaster (PID {owner}) using socket file \"{path}\"?");
        try
        {
            File.WriteAllText(lockPath, $"{Environment.ProcessId}\n");
            _files.Add(lockPath);
            File.Delete(path);
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            _files.Add(path);
            File.SetUnixFileMode(path, (UnixFileMode)permissions);
            Listen(socket);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new PgException(SqlStates.ConfigFileError, $"could not create Unix-domain socket in directory \"{directory}\"", error.Message);
        }
        if (FirstUnixDirectory.Length == 0)
            FirstUnixDirectory = directory;
        log.Log($"listening on Unix socket \"{path}\"");
    }

    private void Listen(Socket socket)
    {
        socket.Blocking = false;
        socket.Listen(Backlog);
        _sockets.Add(socket);
    }
}
