namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Sequence"/>.</summary>
/// <remarks>Source of truth: XLOG_SEQ_LOG, PostgreSQL 15, src/include/commands/sequence.h.</remarks>
public static class SequenceInfo
{
    public const byte Log = 0x00;
}

/// <summary>LOG of block 0, which is made anew; its one tuple follows.</summary>
/// <param name="Relation">The sequence.</param>
/// <remarks>Source of truth: xl_seq_rec, PostgreSQL 15, src/include/commands/sequence.h: 12 bytes.</remarks>
public readonly record struct SequenceLog(RelFileNode Relation)
{
    /// <summary>Bytes before the tuple.</summary>
    public const int Size = RelFileNode.Size;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SequenceLog record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(RelFileNode.Read(mainData)) : default;
        return whole;
    }
}
