using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>The one shared-memory segment of a node: a header, then the documented structs of this folder.</summary>
/// <remarks><code>
/// offset  size  field
///      0     8  magic          "pgrepl\x00\x01", little-endian
///      8     8  layout hash    of every field's name, offset and size
///     16     8  generation     counts crash resets
///     24     4  postmaster pid
///     28     4  doomed         1: shared memory is suspect, leave at once
///     32     4  process slots
///     36     4  WAL buffer pages
///     40     4  replication slots
/// </code></remarks>
public sealed class SharedSegment
{
    private const ulong Magic = 0x0100_6c70_6572_6770;

    private SharedSegment(SharedMemory memory, int processSlots, int walBufferPages, int replicationSlots, out SegmentLayout layout)
    {
        Memory = memory;
        layout = new SegmentLayout();
        long magic = layout.Int64("magic");
        long hash = layout.Int64("layout_hash");
        Generation = new(memory, layout.Int64("generation"));
        PostmasterPid = new(memory, layout.Int32("postmaster_pid"));
        Doomed = new(memory, layout.Int32("doomed"));
        _ = (magic, hash, layout.Int32("process_slots"), layout.Int32("wal_buffer_pages"), layout.Int32("replication_slots"));
        ServerStartTime = new(memory, layout.Int64("server_start_time"));
        PostmasterSignals = new PmSignalState(memory, layout);
        Settings = new SettingsBlock(memory, layout);
        Recovery = new RecoveryControl(memory, layout);
        Receiver = new WalReceiverControl(memory, layout, Doomed);
        Slots = new ProcessSlot[processSlots];
        for (int i = 0; i < processSlots; i++)
            Slots[i] = new ProcessSlot(memory, layout, i);
        ReplicationSlots = new ReplicationSlots(memory, layout, replicationSlots, Doomed);
        Statistics = new Statistics(memory, layout);
        Wal = new WalControl(memory, layout, walBufferPages, Doomed);
    }

    /// <summary>Slots of the three single children; walsenders follow.</summary>
    public const int FirstWalSenderSlot = 3;

    public static int SlotOf(ProcessKind kind) => (int)kind - 1;

    public SharedMemory Memory { get; }
    public SharedInt64 Generation { get; }
    public SharedInt32 PostmasterPid { get; }

    /// <summary>1: a process died badly; everybody else ends without another write to WAL or memory.</summary>
    public SharedInt32 Doomed { get; }

    /// <summary>TimestampTz, µs since 2000-01-01 UTC.</summary>
    public SharedInt64 ServerStartTime { get; }

    public PmSignalState PostmasterSignals { get; }
    public SettingsBlock Settings { get; }
    public RecoveryControl Recovery { get; }
    public WalReceiverControl Receiver { get; }

#pragma warning disable CA1819 // fixed at start and never replaced
    public ProcessSlot[] Slots { get; }
#pragma warning restore CA1819

    public ReplicationSlots ReplicationSlots { get; }
    public Statistics Statistics { get; }
    public WalControl Wal { get; }

    /// <summary>Makes the segment of a fresh start or a crash reset.</summary>
    /// <exception cref="SystemCallException">Not enough memory.</exception>
    public static SharedSegment Create(int processSlots, int walBufferPages, long generation, int replicationSlots = 0)
    {
        _ = new SharedSegment(null!, processSlots, walBufferPages, replicationSlots, out SegmentLayout measured);
        SharedMemory memory = SharedMemory.Create("pgrepl", (measured.Position + 4095) / 4096 * 4096);
        SharedSegment segment = new(memory, processSlots, walBufferPages, replicationSlots, out SegmentLayout layout);
        memory.UInt64(8) = layout.Hash;
        memory.Int32(32) = processSlots;
        memory.Int32(36) = walBufferPages;
        memory.Int32(40) = replicationSlots;
        segment.Generation.Value = generation;
        segment.PostmasterPid.Value = System.Environment.ProcessId;
        foreach (ProcessSlot slot in segment.Slots)
            slot.Clear();
        Volatile.Write(ref memory.UInt64(0), Magic);
        return segment;
    }

    /// <summary>Maps the segment behind a descriptor: our own inherited one, or read-only for status.</summary>
    /// <exception cref="PgException">It is not a segment of this version.</exception>
    public static SharedSegment Attach(int descriptor, long length, bool writable)
    {
        SharedMemory memory = SharedMemory.Attach(descriptor, length, writable);
        if (length < 4096 || Volatile.Read(ref memory.UInt64(0)) != Magic)
            throw new PgException(SqlStates.DataCorrupted, "shared memory segment has a wrong magic number");
        SharedSegment segment = new(memory, memory.Int32(32), memory.Int32(36), memory.Int32(40), out SegmentLayout layout);
        if (memory.UInt64(8) != layout.Hash || layout.Position > length)
            throw new PgException(
                SqlStates.DataCorrupted,
                "shared memory segment was laid out by another version",
                hint: "Stop the node and start it with one version of pgrepl.");
        return segment;
    }
}
