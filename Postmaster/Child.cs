using System.Net;
using Pgrepl.Shared.Ipc;

namespace Pgrepl.Postmaster;

/// <summary>A row of the postmaster's own table of children: what shared memory cannot be trusted to remember.</summary>
internal sealed class Child(ProcessKind kind, int slot, int pid, int pidDescriptor, int pair)
{
    public ProcessKind Kind => kind;
    public int Slot => slot;
    public int Pid => pid;

    /// <summary>Polls readable when the process has ended.</summary>
    public int PidDescriptor => pidDescriptor;

    /// <summary>Our end of the socket pair; closing it tells the child that we are gone.</summary>
    public int Pair => pair;

    /// <summary>A walsender that has a client.</summary>
    public bool HasClient { get; set; }

    /// <summary>Its end of the pair is closed: it has ended, and waits to be reaped.</summary>
    public bool IsGone { get; set; }

    /// <summary>Its client began with TLS and counts for no limit yet: it asks when it knows what the client wants.</summary>
    public bool AwaitsPacket { get; set; }

    /// <summary>Address its client's handshake counts for; <see langword="null"/>: for none.</summary>
    public IPAddress? Source { get; set; }

    /// <summary>Its client has proved who it is.</summary>
    public bool IsAuthenticated { get; set; }

    /// <summary>Its client asked for a replication connection.</summary>
    public bool IsReplication { get; set; }

    /// <summary>BackendKeyData of its session.</summary>
    public int CancelKey { get; set; }

    public string Describe() => kind switch
    {
        ProcessKind.Startup => "startup process",
        ProcessKind.WalWriter => "WAL writer process",
        ProcessKind.WalReceiver => "WAL receiver process",
        _ => "server process",
    };
}
