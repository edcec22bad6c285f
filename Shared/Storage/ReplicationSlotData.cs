using System.Buffers.Binary;
using System.Text;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>What becomes of a slot when it is released, or after a crash: a temporary one ends with its session.</summary>
/// <remarks>ReplicationSlotPersistency, PostgreSQL 15, src/include/replication/slot.h.</remarks>
public enum ReplicationSlotPersistency
{
    Persistent = 0,
    Ephemeral = 1,
    Temporary = 2,
}

/// <summary>What a replication slot's file holds of a physical slot.</summary>
/// <param name="Name">At most 63 bytes.</param>
/// <param name="Database">OID of a logical slot's database; 0: a physical slot.</param>
/// <param name="RestartLsn">WAL from here on is needed; invalid: none.</param>
/// <param name="InvalidatedAt">Where <paramref name="RestartLsn"/> was when the slot lost its WAL; invalid: never. Majors that store a cause in its place give
/// <see cref="SomeTime"/> back, and those before 13 forget it.</param>
/// <remarks>Source of truth: ReplicationSlotOnDisk, ReplicationSlotPersistentData, PostgreSQL 10 to 18, src/backend/replication/slot.c, src/include/replication/slot.h.
/// Little-endian (docs/decisions/0003). Everything after InvalidatedAt belongs to logical slots: zero here, ignored when read.
/// <code>
/// offset  size  field
///      0     4  magic             0x1051CA1
///      4     4  CRC-32C           of everything from version on
///      8     4  version           2; 16: 3; 17 and 18: 5
///     12     4  length            of what follows: 160, 13: 168, 14 on: 184
///     16    64  Name              ends with a zero byte
///     80     4  Database
///     84     4  Persistency
///     88     4  xmin
///     92     4  catalog_xmin
///     96     8  RestartLsn
///    104     8  InvalidatedAt     13 to 15; 16 on: cause (4), 1 when WAL was removed, padding (4); before 13 there is none and what follows moves up
///    112     8  confirmed_flush
///    120     8  two_phase_at      14 on, as what follows but for plugin
///    128     1  two_phase
///    129    64  plugin            before 14 right behind confirmed_flush
///    193     2  synced, failover  17 on
///    195     5  padding           to 8-byte alignment
/// </code></remarks>
public readonly record struct ReplicationSlotData(string Name, uint Database, ReplicationSlotPersistency Persistency, Lsn RestartLsn, Lsn InvalidatedAt)
{
    /// <summary>An <see cref="InvalidatedAt"/> whose file does not say where.</summary>
    public static readonly Lsn SomeTime = new(1);

    /// <summary>The oldest transaction whose rows the standby's queries may need; 0: none.</summary>
    public uint Xmin { get; init; }

    /// <summary>The same for system catalogs.</summary>
    public uint CatalogXmin { get; init; }

    /// <summary>NAMEDATALEN: bytes of a name with the zero at its end.</summary>
    public const int NameSize = 64;

    private const int HeaderSize = 16;
    private const int ChecksumFrom = 8;
    private const uint Magic = 0x1051CA1;
    private const uint WalRemoved = 1; // RS_INVAL_WAL_REMOVED

    /// <summary>Bytes of the file.</summary>
    public static int SizeIn(PostgresMajor major) => HeaderSize + major.SlotBody;

    /// <summary>The whole file.</summary>
    public byte[] ToBytes(PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        byte[] bytes = new byte[SizeIn(major)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), major.SlotVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)major.SlotBody);
        Encoding.UTF8.GetBytes(Name, bytes.AsSpan(16, NameSize - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(80), Database);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(84), (int)Persistency);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(88), Xmin);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(92), CatalogXmin);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(96), RestartLsn.Value);
        if (major.SlotInvalidation == SlotInvalidation.Position)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(104), InvalidatedAt.Value);
        else if (major.SlotInvalidation == SlotInvalidation.Cause)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(104), InvalidatedAt.IsValid ? WalRemoved : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(ChecksumFrom)));
        return bytes;
    }

    /// <summary>Reads and judges a file's bytes; what follows the struct is ignored, as PostgreSQL does.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="major">Whose file it is.</param>
    /// <exception cref="PgException">XX001 in PostgreSQL's words: too short, wrong magic number, unsupported version, corrupted length, checksum mismatch.</exception>
    public static ReplicationSlotData Parse(ReadOnlySpan<byte> bytes, string path, PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        int size = SizeIn(major);
        if (bytes.Length < HeaderSize)
            throw Corrupted($"could not read file \"{path}\": read {bytes.Length} of {HeaderSize}");
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes), version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (magic != Magic)
            throw Corrupted($"replication slot file \"{path}\" has wrong magic number: {magic} instead of {Magic}");
        if (version != major.SlotVersion)
            throw Corrupted($"replication slot file \"{path}\" has unsupported version {version}");
        if (length != (uint)major.SlotBody)
            throw Corrupted($"replication slot file \"{path}\" has corrupted length {length}");
        if (bytes.Length < size)
            throw Corrupted($"could not read file \"{path}\": read {bytes.Length - HeaderSize} of {major.SlotBody}");
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), computed = Crc32C.Compute(bytes[ChecksumFrom..size]);
        if (stored != computed)
            throw Corrupted($"checksum mismatch for replication slot file \"{path}\": is {computed}, should be {stored}");
        ReadOnlySpan<byte> name = bytes.Slice(16, NameSize - 1);
        int end = name.IndexOf((byte)0);
        return new(
            Encoding.UTF8.GetString(end < 0 ? name : name[..end]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[80..]),
            (ReplicationSlotPersistency)BinaryPrimitives.ReadInt32LittleEndian(bytes[84..]),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[96..])),
            major.SlotInvalidation switch
            {
                SlotInvalidation.Position => new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[104..])),
                SlotInvalidation.Cause when BinaryPrimitives.ReadUInt32LittleEndian(bytes[104..]) != 0 => SomeTime,
                _ => Lsn.Invalid,
            })
        {
            Xmin = BinaryPrimitives.ReadUInt32LittleEndian(bytes[88..]),
            CatalogXmin = BinaryPrimitives.ReadUInt32LittleEndian(bytes[92..]),
        };
    }

    private static PgException Corrupted(string message) => new(SqlStates.DataCorrupted, message);
}
