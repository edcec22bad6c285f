using System.Buffers.Binary;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>What the cluster was doing when pg_control was last written.</summary>
/// <remarks>Source of truth: DBState, PostgreSQL 15, src/include/catalog/pg_control.h.</remarks>
public enum DatabaseState
{
    Startup = 0,
    ShutDown = 1,
    ShutDownInRecovery = 2,
    ShuttingDown = 3,
    InCrashRecovery = 4,
    InArchiveRecovery = 5,
    InProduction = 6,
}

/// <summary>wal_level as pg_control stores it.</summary>
public enum WalLevel
{
    Minimal = 0,
    Replica = 1,
    Logical = 2,
}

/// <summary>Contents of global/pg_control. What a new log cluster has is each property's default.</summary>
/// <remarks>Source of truth: ControlFileData, PostgreSQL 15, src/include/catalog/pg_control.h. Little-endian, x86-64 alignment.
/// <code>
/// offset  size  field
///      0     8  SystemId
///      8     4  version of the format (1300)
///     12     4  catalogue version
///     16     4  State, then 4 bytes of padding
///     24     8  Time
///     32     8  CheckpointLocation
///     40    88  Checkpoint
///    128     8  UnloggedLsn
///    136     8  MinRecoveryPoint
///    144     4  MinRecoveryPointTimeline, then 4 bytes of padding
///    152     8  BackupStartPoint
///    160     8  BackupEndPoint
///    168     1  BackupEndRequired, then 3 bytes of padding
///    172     4  WalLevel
///    176     1  WalLogHints, then 3 bytes of padding
///    180    20  MaxConnections, MaxWorkerProcesses, MaxWalSenders, MaxPreparedTransactions, MaxLocksPerTransaction
///    200     1  TrackCommitTimestamp, then 3 bytes of padding
///    204    44  alignment and sizes the server was compiled with; 228 is SegmentSize
///    248     1  float8 passed by value, then 3 bytes of padding
///    252     4  DataChecksumVersion
///    256    32  MockAuthenticationNonce
///    288     4  CRC32C of all above; the rest of the file is zeros
/// </code></remarks>
public sealed record ControlFileData
{
    /// <summary>PG_CONTROL_FILE_SIZE: bytes on disk.</summary>
    public const int FileSize = 8192;

    /// <summary>sizeof(ControlFileData): bytes that count.</summary>
    public const int Size = 296;

    public const int NonceSize = 32;

    private const int CrcOffset = 288;
    private const double FloatFormat = 1234567.0;

    /// <summary>What PostgreSQL 15 is compiled with, as Debian and everybody else builds it: offset, value, name in messages.</summary>
    private static readonly (int Offset, uint Value, string Name, bool Recompile)[] Compiled =
    [
        (12, WalFormat.CatalogVersion, "CATALOG_VERSION_NO", false),
        (204, 8, "MAXALIGN", false),
        (216, 8192, "BLCKSZ", true),
        (220, 131072, "RELSEG_SIZE", true),
        (224, WalFormat.PageSize, "XLOG_BLCKSZ", true),
        (232, 64, "NAMEDATALEN", true),
        (236, 32, "INDEX_MAX_KEYS", true),
        (240, 1996, "TOAST_MAX_CHUNK_SIZE", true),
        (244, 2048, "LOBLKSIZE", true),
    ];

    public required ulong SystemId { get; init; }
    public DatabaseState State { get; init; } = DatabaseState.Startup;

    /// <summary>Of the last write, Unix seconds; <see cref="ControlFile.Write"/> sets it.</summary>
    public long Time { get; init; }

    /// <summary>Start of the last checkpoint's record.</summary>
    public Lsn CheckpointLocation { get; init; }

    /// <summary>Copy of that record.</summary>
    public Checkpoint Checkpoint { get; init; }

    /// <summary>FirstNormalUnloggedLSN to begin with.</summary>
    public Lsn UnloggedLsn { get; init; } = new(1000);

    /// <summary>Replay must reach it before the cluster is consistent; end of a record. Invalid outside archive recovery.</summary>
    public Lsn MinRecoveryPoint { get; init; }

    public TimelineId MinRecoveryPointTimeline { get; init; }
    public Lsn BackupStartPoint { get; init; }
    public Lsn BackupEndPoint { get; init; }
    public bool BackupEndRequired { get; init; }
    public WalLevel WalLevel { get; init; } = WalLevel.Logical;
    public bool WalLogHints { get; init; }
    public int MaxConnections { get; init; } = 100;
    public int MaxWorkerProcesses { get; init; } = 8;
    public int MaxWalSenders { get; init; } = 10;
    public int MaxPreparedTransactions { get; init; }
    public int MaxLocksPerTransaction { get; init; } = 64;
    public bool TrackCommitTimestamp { get; init; }

    /// <summary>Bytes in a WAL segment.</summary>
    public int SegmentSize { get; init; } = WalFormat.DefaultSegmentSize;

    /// <summary>Zero: data pages carry none.</summary>
    public uint DataChecksumVersion { get; init; }

    /// <summary>32 random bytes that make a SCRAM exchange for an unknown user look like any other.</summary>
    public byte[] MockAuthenticationNonce { get; init; } = new byte[NonceSize];

    /// <summary>Reads and judges.</summary>
    /// <exception cref="PgException">Of another version, a bad checksum, or of a server compiled otherwise; PostgreSQL's texts.</exception>
    public static ControlFileData Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size)
            throw new PgException(SqlStates.DataCorrupted, $"could not read file \"global/pg_control\": read {bytes.Length} of {Size}");
        CheckVersion(BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        if (!HasGoodCrc(bytes))
            throw new PgException(SqlStates.DataCorrupted, "incorrect checksum in control file");
        CheckCompiled(bytes);
        int segmentSize = BinaryPrimitives.ReadInt32LittleEndian(bytes[228..]);
        if (!WalFormat.IsValidSegmentSize(segmentSize))
            throw new PgException(SqlStates.InvalidParameterValue,
                $"WAL segment size must be a power of two between 1 MB and 1 GB, but the control file specifies {segmentSize} byte{(segmentSize == 1 ? "" : "s")}");
        return Decode(bytes);
    }

    /// <summary>Decodes the layout and judges nothing.</summary>
    /// <param name="bytes">At least <see cref="Size"/> of them.</param>
    public static ControlFileData Decode(ReadOnlySpan<byte> bytes)
    {
        return new ControlFileData
        {
            SystemId = BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            State = (DatabaseState)BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            Time = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            CheckpointLocation = ReadLsn(bytes[32..]),
            Checkpoint = Checkpoint.Read(bytes[40..])!.Value,
            UnloggedLsn = ReadLsn(bytes[128..]),
            MinRecoveryPoint = ReadLsn(bytes[136..]),
            MinRecoveryPointTimeline = new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(bytes[144..])),
            BackupStartPoint = ReadLsn(bytes[152..]),
            BackupEndPoint = ReadLsn(bytes[160..]),
            BackupEndRequired = bytes[168] != 0,
            WalLevel = (WalLevel)BinaryPrimitives.ReadInt32LittleEndian(bytes[172..]),
            WalLogHints = bytes[176] != 0,
            MaxConnections = BinaryPrimitives.ReadInt32LittleEndian(bytes[180..]),
            MaxWorkerProcesses = BinaryPrimitives.ReadInt32LittleEndian(bytes[184..]),
            MaxWalSenders = BinaryPrimitives.ReadInt32LittleEndian(bytes[188..]),
            MaxPreparedTransactions = BinaryPrimitives.ReadInt32LittleEndian(bytes[192..]),
            MaxLocksPerTransaction = BinaryPrimitives.ReadInt32LittleEndian(bytes[196..]),
            TrackCommitTimestamp = bytes[200] != 0,
            SegmentSize = BinaryPrimitives.ReadInt32LittleEndian(bytes[228..]),
            DataChecksumVersion = BinaryPrimitives.ReadUInt32LittleEndian(bytes[252..]),
            MockAuthenticationNonce = bytes.Slice(256, NonceSize).ToArray(),
        };
    }

    /// <summary>The whole file, its CRC included.</summary>
    public byte[] ToBytes()
    {
        byte[] file = new byte[FileSize];
        Span<byte> bytes = file;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, SystemId);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], WalFormat.ControlVersion);
        foreach ((int offset, uint value, _, _) in Compiled)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], (int)State);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Time);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], CheckpointLocation.Value);
        Checkpoint.Write(bytes[40..]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[128..], UnloggedLsn.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[136..], MinRecoveryPoint.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[144..], MinRecoveryPointTimeline.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[152..], BackupStartPoint.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[160..], BackupEndPoint.Value);
        bytes[168] = ToByte(BackupEndRequired);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[172..], (int)WalLevel);
        bytes[176] = ToByte(WalLogHints);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[180..], MaxConnections);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[184..], MaxWorkerProcesses);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[188..], MaxWalSenders);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[192..], MaxPreparedTransactions);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[196..], MaxLocksPerTransaction);
        bytes[200] = ToByte(TrackCommitTimestamp);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[208..], FloatFormat);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[228..], SegmentSize);
        bytes[248] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[252..], DataChecksumVersion);
        MockAuthenticationNonce.AsSpan(0, NonceSize).CopyTo(bytes[256..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Compute(bytes[..CrcOffset]));
        return file;
    }

    /// <summary>Whether the checksum in the file is that of its contents.</summary>
    public static bool HasGoodCrc(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= Size && Crc32C.Compute(bytes[..CrcOffset]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]);

    private static void CheckVersion(uint version)
    {
        if (version == WalFormat.ControlVersion)
            return;
        bool swapped = version % 65536 == 0 && version != 0;
        throw Incompatible(
            swapped
                ? $"The database cluster was initialized with PG_CONTROL_VERSION {version} (0x{version:x8}), but the server was compiled with PG_CONTROL_VERSION {WalFormat.ControlVersion} (0x{WalFormat.ControlVersion:x8})."
                : $"The database cluster was initialized with PG_CONTROL_VERSION {version}, but the server was compiled with PG_CONTROL_VERSION {WalFormat.ControlVersion}.",
            swapped ? "This could be a problem of mismatched byte ordering.  It looks like you need to initdb." : "It looks like you need to initdb.");
    }

    private static void CheckCompiled(ReadOnlySpan<byte> bytes)
    {
        foreach ((int offset, uint value, string name, bool recompile) in Compiled)
        {
            uint found = BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
            if (found != value)
                throw Incompatible($"The database cluster was initialized with {name} {found}, but the server was compiled with {name} {value}.",
                    recompile ? "It looks like you need to recompile or initdb." : "It looks like you need to initdb.");
        }
        if (BinaryPrimitives.ReadDoubleLittleEndian(bytes[208..]) != FloatFormat)
            throw Incompatible("The database cluster appears to use a different floating-point number format than the server executable.", "It looks like you need to initdb.");
        if (bytes[248] == 0)
            throw Incompatible("The database cluster was initialized without USE_FLOAT8_BYVAL but the server was compiled with USE_FLOAT8_BYVAL.", "It looks like you need to recompile or initdb.");
    }

    private static PgException Incompatible(string detail, string hint) =>
        new(SqlStates.ObjectNotInPrerequisiteState, "database files are incompatible with server", detail, hint);

    private static Lsn ReadLsn(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64LittleEndian(bytes));

    private static byte ToByte(bool value) => value ? (byte)1 : (byte)0;
}
