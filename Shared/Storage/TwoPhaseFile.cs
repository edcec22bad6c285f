using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>The state of a prepared transaction, from WAL or from its file in pg_twophase. What every method returns is a state (<see cref="TwoPhaseState"/>), without the file's CRC.</summary>
/// <remarks>A state that is younger than the last checkpoint is in WAL alone; a checkpoint writes the file. Of PostgreSQL 15.
/// Source of truth: XlogReadTwoPhaseData, ReadTwoPhaseFile, RecreateTwoPhaseFile, ProcessTwoPhaseBuffer, PostgreSQL 15, src/backend/access/transam/twophase.c.</remarks>
public static class TwoPhaseFile
{
    private const string Folder = "pg_twophase";

    /// <summary>XlogReadTwoPhaseData: the state that a PREPARE record holds.</summary>
    /// <param name="source">Where WAL comes from; the record must be there.</param>
    /// <param name="segmentSize">Bytes.</param>
    /// <param name="prepareStart">Start of the record.</param>
    /// <exception cref="PgException">58030 <c>could not read two-phase state from WAL at X/X</c>; <c>expected two-phase state data is not present in WAL at X/X</c>: another record is there.</exception>
    public static byte[] ReadFromWal(IWalPageSource source, int segmentSize, Lsn prepareStart)
    {
        var reader = new WalReader(source, PostgresMajor.LogCluster, segmentSize, systemId: 0);
        reader.BeginRead(prepareStart);
        if (reader.Read() != WalReadStatus.Record)
        {
            string why = reader.Error is null ? "" : $": {reader.Error}";
            throw new PgException(SqlStates.IoError, $"could not read two-phase state from WAL at {prepareStart}{why}");
        }
        if (reader.Header.Rmgr != ResourceManagerId.Transaction || (reader.Header.Info & XactInfo.OperationMask) != XactInfo.Prepare)
            throw new PgException(SqlStates.IoError, $"expected two-phase state data is not present in WAL at {prepareStart}");
        return reader.MainData.ToArray();
    }

    /// <summary>The same, judged to be that transaction's.</summary>
    /// <exception cref="PgException">As <see cref="ReadFromWal(IWalPageSource, int, Lsn)"/>; XX001 <c>corrupted two-phase state in memory for transaction N</c>.</exception>
    public static byte[] ReadFromWal(IWalPageSource source, int segmentSize, Lsn prepareStart, uint xid)
    {
        byte[] state = ReadFromWal(source, segmentSize, prepareStart);
        return IsOf(state, xid) ? state : throw new PgException(SqlStates.DataCorrupted, $"corrupted two-phase state in memory for transaction {xid}");
    }

    /// <summary>ReadTwoPhaseFile, and what ProcessTwoPhaseBuffer asks of the state.</summary>
    /// <exception cref="PgException">The file is not there or cannot be read, or it is damaged (XX001): <c>incorrect size of file</c>, <c>incorrect alignment of CRC offset for file</c>,
    /// <c>invalid magic number stored in file</c>, <c>invalid size stored in file</c>, <c>calculated CRC checksum does not match value stored in file</c>, <c>corrupted two-phase state file for transaction</c>.</exception>
    public static byte[] Read(DataDirectory data, uint xid)
    {
        string name = $"{Folder}/{xid:X8}";
        byte[] file = ReadWhole(PathOf(data, xid), name);
        if (TwoPhaseState.JudgeContent(file, name) is { } damage)
            throw new PgException(SqlStates.DataCorrupted, damage);
        byte[] state = file[..^TwoPhaseState.CrcSize];
        return IsOf(state, xid) ? state : throw new PgException(SqlStates.DataCorrupted, $"corrupted two-phase state file for transaction {xid}");
    }

    /// <summary>RecreateTwoPhaseFile: when it returns, the file is durable; one that was there is replaced.</summary>
    public static void Recreate(DataDirectory data, uint xid, ReadOnlySpan<byte> state) => DurableFile.Replace(PathOf(data, xid), TwoPhaseState.ToFile(state));

    /// <summary>PostgreSQL compares the xid alone; what its CRC let pass but our reader cannot follow is as corrupted.</summary>
    private static bool IsOf(ReadOnlySpan<byte> state, uint xid) => TwoPhaseState.TryRead(state, out TwoPhaseState read) && read.Prepare.Xid == xid;

    private static string PathOf(DataDirectory data, uint xid) => Path.Combine(data.TwoPhase, $"{xid:X8}");

    private static byte[] ReadWhole(string path, string name)
    {
        int opened = FileCalls.Open(path, OpenFlags.ReadOnly, 0, out SafeFileHandle? handle);
        using SafeFileHandle file = handle ?? throw FileError.Create(opened, $"could not open file \"{name}\"");
        long length = RandomAccess.GetLength(file);
        if (TwoPhaseState.JudgeLength(length, name) is { } damage)
            throw new PgException(SqlStates.DataCorrupted, damage);
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;)
        {
            long read = FileCalls.Pread(file, bytes.AsSpan(done), done);
            FileError.ThrowIfNegative(read, $"could not read file \"{name}\"");
            if (read == 0)
                throw new PgException(SqlStates.DataCorrupted, $"could not read file \"{name}\": read {done} of {length}");
            done += (int)read;
        }
        return bytes;
    }
}
