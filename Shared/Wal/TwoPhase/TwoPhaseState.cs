using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>State of a prepared transaction: header, global identifier and six arrays (<see cref="TransactionPrepare"/>), then records of resource managers to an end sentinel.</summary>
/// <remarks>Main data of a PREPARE record is the state; a file of pg_twophase is the state with its CRC-32C behind it. Padding is whatever was in memory, so a state is kept as its bytes
/// and never put together from its parts. Source of truth: StartPrepare, EndPrepare, ReadTwoPhaseFile, RecreateTwoPhaseFile, ProcessRecords, PostgreSQL 15, src/backend/access/transam/twophase.c.</remarks>
public readonly ref struct TwoPhaseState
{
    /// <summary>TWOPHASE_MAGIC.</summary>
    public const uint FileMagic = 0x57F94534;

    /// <summary>Bytes of the CRC-32C at a file's end.</summary>
    public const int CrcSize = 4;

    /// <summary>MaxAllocSize: no file may be longer, in bytes.</summary>
    public const int MaxFileSize = 0x3FFFFFFF;

    private const int HeaderSize = 72; // sizeof(xl_xact_prepare), aligned

    /// <summary>Header, identifier and arrays.</summary>
    public TransactionPrepare Prepare { get; private init; }

    /// <summary>What the resource managers want to know at COMMIT PREPARED, ROLLBACK PREPARED or recovery.</summary>
    public TwoPhaseRecords Records { get; private init; }

    /// <param name="state">Main data of a PREPARE record of 15, or a file without its CRC.</param>
    /// <returns>False: not a state, or one that is cut short; its records must come to their end within it.</returns>
    public static bool TryRead(ReadOnlySpan<byte> state, out TwoPhaseState result)
    {
        result = default;
        if (!TransactionPrepare.TryRead(state, PostgresMajor.LogCluster, out TransactionPrepare prepare) || prepare.Magic != FileMagic)
            return false;
        ReadOnlySpan<byte> rest = prepare.StateRecords;
        result = new() { Prepare = prepare, Records = new(rest) };
        while (TwoPhaseRecord.TryTake(ref rest, out TwoPhaseRecord record))
            if (record.Rmgr == TwoPhaseRmgrId.End)
                return true;
        return false;
    }

    /// <summary>What a file holds.</summary>
    /// <returns>The state with its CRC-32C.</returns>
    public static byte[] ToFile(ReadOnlySpan<byte> state)
    {
        byte[] file = new byte[state.Length + CrcSize];
        state.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(state.Length), Crc32C.Compute(state));
        return file;
    }

    /// <summary>ReadTwoPhaseFile's checks of a file's length, which it makes before it reads.</summary>
    /// <param name="name">For messages: <c>pg_twophase/XXXXXXXX</c>.</param>
    /// <returns>PostgreSQL's message; <see langword="null"/>: all is well.</returns>
    public static string? JudgeLength(long length, string name)
    {
        if (length is < HeaderSize + TwoPhaseRecord.HeaderSize + CrcSize or > MaxFileSize)
            return $"incorrect size of file \"{name}\": {length} byte{(length == 1 ? "" : "s")}";
        return (length - CrcSize) % 8 != 0 ? $"incorrect alignment of CRC offset for file \"{name}\"" : null;
    }

    /// <summary>ReadTwoPhaseFile's checks of what is in the file.</summary>
    /// <param name="file">Of a length that passed <see cref="JudgeLength"/>.</param>
    /// <param name="name">For messages.</param>
    /// <returns>PostgreSQL's message; <see langword="null"/>: all is well, and the state is all but the last four bytes.</returns>
    public static string? JudgeContent(ReadOnlySpan<byte> file, string name)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(file) != FileMagic)
            return $"invalid magic number stored in file \"{name}\"";
        if (BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) != (uint)file.Length)
            return $"invalid size stored in file \"{name}\"";
        return BinaryPrimitives.ReadUInt32LittleEndian(file[^CrcSize..]) != Crc32C.Compute(file[..^CrcSize])
            ? $"calculated CRC checksum does not match value stored in file \"{name}\"" : null;
    }
}
