using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Pgrepl.Shared.Native;

/// <summary>Socket calls on bare descriptors: nonblocking send and receive, pairs, and passing a descriptor to another process.</summary>
public static unsafe partial class SocketCalls
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_SEQPACKET = 5;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int SO_PEERCRED = 17;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_MORE = 0x8000;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int SHUT_RDWR = 2;
    private const int PeerNameLength = 28; // struct sockaddr_in6
    private const int ControlLength = 24; // CMSG_SPACE(sizeof(int)): a 16-byte header, 4 bytes, padding to 8

    /// <summary>Two ends that keep message boundaries; the end of one process is end of file at the other.</summary>
    public static (int Ours, int Theirs) CreatePair() => CreatePair(SOCK_SEQPACKET);

    /// <summary>Two ends of a stream: what one process needs to stand between itself and a socket.</summary>
    public static (int Ours, int Theirs) CreateStreamPair() => CreatePair(SOCK_STREAM);

    private static (int Ours, int Theirs) CreatePair(int type)
    {
        int* pair = stackalloc int[2]; // safe: two ints for the length of the call
        SystemError.Check(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), "socketpair");
        int ours = -1;
        try
        {
            ours = Descriptors.MoveUp(pair[0]);
            return (ours, Descriptors.MoveUp(pair[1]));
        }
        catch (SystemCallException)
        {
            Descriptors.Close(ours >= 0 ? ours : pair[1]); // of the two, what MoveUp has not closed
            throw;
        }
    }

    /// <summary>Accepts one connection, nonblocking and close-on-exec; -1 when nobody waits. One that broke while it waited is passed over.</summary>
    /// <exception cref="SystemCallException">EMFILE, ENFILE, ENOBUFS or ENOMEM: not now; whoever waits goes on waiting.</exception>
    public static int Accept(int listener)
    {
        while (true)
        {
            int result = accept4(listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (result >= 0)
                return result;
            int errno = SystemError.Last;
            if (errno == SystemError.EAGAIN)
                return -1;
            if (errno is SystemError.EMFILE or SystemError.ENFILE or SystemError.ENOBUFS or SystemError.ENOMEM or SystemError.EBADF or SystemError.EINVAL)
                throw new SystemCallException("accept4", errno);
        }
    }

    /// <returns>Bytes received; 0 at the end of the stream; -1 when nothing is there yet.</returns>
    /// <exception cref="SystemCallException">The connection is broken.</exception>
    public static int Receive(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer) // safe: pinned for the length of the call
        {
            nint result;
            do
                result = recv(descriptor, start, (nuint)buffer.Length, MSG_DONTWAIT);
            while (SystemError.Interrupted(result));
            return Outcome(result, "recv");
        }
    }

    /// <param name="more">More follows at once: the kernel may wait for it before it sends a packet.</param>
    /// <returns>Bytes taken by the kernel; -1 when its buffer is full.</returns>
    /// <exception cref="SystemCallException">The connection is broken.</exception>
    public static int Send(int descriptor, ReadOnlySpan<byte> bytes, bool more = false)
    {
        fixed (byte* start = bytes) // safe: pinned for the length of the call
        {
            nint result;
            do
                result = send(descriptor, start, (nuint)bytes.Length, MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
            while (SystemError.Interrupted(result));
            return Outcome(result, "send");
        }
    }

    /// <summary>sendfile(2): bytes of a file, without a copy of ours. The pages in the socket are the file's: bytes that may still change must not be sent so.</summary>
    /// <param name="descriptor">A nonblocking socket.</param>
    /// <returns>Bytes taken by the kernel; 0 at the end of the file; -1 when its buffer is full.</returns>
    /// <exception cref="SystemCallException">The connection is broken, or the file cannot be read.</exception>
    public static int SendFile(int descriptor, SafeFileHandle file, long offset, int count)
    {
        nint result;
        do
            result = sendfile(descriptor, file, ref offset, (nuint)count);
        while (SystemError.Interrupted(result));
        return Outcome(result, "sendfile");
    }

    /// <summary>Sends one message and, with it, a descriptor (or none: -1).</summary>
    /// <returns>False when the other end is gone or its queue is full.</returns>
    public static bool SendDescriptor(int pair, ReadOnlySpan<byte> message, int descriptor)
    {
        byte* control = stackalloc byte[ControlLength]; // safe: lives for the call
        fixed (byte* start = message)
        {
            IoVector vector = new() { Start = start, Length = (nuint)message.Length };
            MessageHeader header = new() { Vector = &vector, VectorCount = 1 };
            if (descriptor >= 0)
            {
                *(nuint*)control = 20; // CMSG_LEN(sizeof(int))
                *(int*)(control + 8) = SOL_SOCKET;
                *(int*)(control + 12) = SCM_RIGHTS;
                *(int*)(control + 16) = descriptor;
                header.Control = control;
                header.ControlLength = ControlLength;
            }
            nint result;
            do
                result = sendmsg(pair, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
            while (SystemError.Interrupted(result));
            return result >= 0;
        }
    }

    /// <summary>Receives one message and the descriptor that came with it (-1: none).</summary>
    /// <returns>Its length; 0 when the other end is gone; -1 when nothing is there yet.</returns>
    public static int ReceiveDescriptor(int pair, Span<byte> buffer, out int descriptor)
    {
        descriptor = -1;
        byte* control = stackalloc byte[ControlLength]; // safe: lives for the call
        fixed (byte* start = buffer)
        {
            IoVector vector = new() { Start = start, Length = (nuint)buffer.Length };
            MessageHeader header = new() { Vector = &vector, VectorCount = 1, Control = control, ControlLength = ControlLength };
            nint result;
            do
                result = recvmsg(pair, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
            while (SystemError.Interrupted(result));
            int received = Outcome(result, "recvmsg");
            if (received > 0 && header.ControlLength >= 20 && *(int*)(control + 12) == SCM_RIGHTS)
                descriptor = *(int*)(control + 16);
            return received;
        }
    }

    /// <summary>The user id of the process at the other end of a Unix socket (SO_PEERCRED).</summary>
    public static uint PeerUserId(int descriptor)
    {
        uint* credentials = stackalloc uint[3]; // struct ucred: pid, uid, gid
        int length = 12;
        SystemError.Check(getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, &length), "getsockopt");
        return credentials[1];
    }

    /// <summary>Who is at the other end.</summary>
    /// <param name="peer">Address and port; <see langword="null"/>: the socket is not of TCP.</param>
    /// <returns>False: nobody any more.</returns>
    public static bool TryGetPeer(int descriptor, out IPEndPoint? peer)
    {
        const int AF_INET = 2, AF_INET6 = 10;
        peer = null;
        byte* name = stackalloc byte[PeerNameLength]; // safe: struct sockaddr_in6 at most, for the length of the call
        int length = PeerNameLength;
        if (getpeername(descriptor, name, &length) != 0)
            return false;
        int family = *(ushort*)name;
        if (family is AF_INET or AF_INET6)
        {
            int port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(name + 2, 2));
            peer = new IPEndPoint(new IPAddress(family == AF_INET ? new ReadOnlySpan<byte>(name + 4, 4) : new ReadOnlySpan<byte>(name + 8, 16)), port);
        }
        return true;
    }

    /// <summary>TCP_NODELAY: what is sent does not wait for more. On a socket that is not of TCP it changes nothing.</summary>
    public static void SendAtOnce(int descriptor)
    {
        const int IPPROTO_TCP = 6, TCP_NODELAY = 1;
        int on = 1;
        _ = setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));
    }

    public static void ShutDown(int descriptor) => _ = shutdown(descriptor, SHUT_RDWR);

    private static int Outcome(nint result, string call)
    {
        if (result >= 0)
            return (int)result;
        int errno = SystemError.Last;
        return errno == SystemError.EAGAIN ? -1 : throw new SystemCallException(call, errno);
    }

    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    private struct MessageHeader
    {
        public nint Name;
        public uint NameLength;
        public IoVector* Vector;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int descriptor, nint address, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendfile(int descriptor, SafeFileHandle file, ref long offset, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int descriptor, int level, int name, void* value, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int descriptor, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getpeername(int descriptor, byte* name, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int descriptor, int how);
}
