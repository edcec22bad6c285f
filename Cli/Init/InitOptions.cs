using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Init;

/// <summary>What a new node is to be.</summary>
/// <param name="AuthMethod">Of every line of pg_hba.conf; <see langword="null"/>: peer on the socket, scram-sha-256 on TCP.</param>
/// <param name="SuperUser">May log in besides the operating system's user of that socket peer; <see langword="null"/>: that user alone.</param>
/// <param name="SuperUserPassword">What the node keeps of that user's password, for TCP; <see langword="null"/>: it has none.</param>
/// <param name="SegmentSize">Bytes; of a primary only, a standby has its upstream's.</param>
/// <param name="From">The upstream of a standby or relay; <see langword="null"/>: a primary.</param>
/// <param name="Relay">A relay of <paramref name="From"/>, not a standby.</param>
/// <param name="Slot">The replication slot on <paramref name="From"/> to stream through; <see langword="null"/>: none.</param>
/// <param name="CreateSlot">It is to be made there.</param>
/// <param name="NextXid">First transaction id, all 64 bits; of a primary only.</param>
/// <param name="Settings">Further lines for pgrepl.toml, as TOML.</param>
internal sealed record InitOptions(
    DataDirectory Directory,
    string? AuthMethod = null,
    string? SuperUser = null,
    ScramVerifier? SuperUserPassword = null,
    int SegmentSize = WalFormat.DefaultSegmentSize,
    string? From = null,
    bool Relay = false,
    string? Slot = null,
    bool CreateSlot = false,
    ulong NextXid = FirstSegment.FirstNormalXid,
    string Settings = "");
