using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>global/pg_control on disk. It has one writer at a time; anybody may read.</summary>
/// <remarks>Source of truth: update_controlfile, get_controlfile, PostgreSQL 15, src/common/controldata_utils.c.</remarks>
public static class ControlFile
{
    /// <summary>Reads, again while a writer is seen at work: two equal readings with a bad checksum are a damaged file.</summary>
    /// <exception cref="PgException">58P01 not there; else as <see cref="ControlFileData.Parse"/>.</exception>
    public static ControlFileData Read(DataDirectory data) => ControlFileData.Parse(ReadUnjudged(data));

    /// <summary>The file's bytes, whatever they are worth; again while a writer is seen at work.</summary>
    /// <exception cref="PgException">58P01 not there.</exception>
    public static byte[] ReadUnjudged(DataDirectory data)
    {
        byte[] bytes = ReadBytes(data);
        while (!ControlFileData.HasGoodCrc(bytes))
        {
            byte[] again = ReadBytes(data);
            if (again.AsSpan().SequenceEqual(bytes))
                break;
            bytes = again;
        }
        return bytes;
    }

    public static bool Exists(DataDirectory data) => File.Exists(data.ControlFile);

    /// <summary>Makes the file; global/ must be there.</summary>
    /// <exception cref="PgException">58P02: there is one already.</exception>
    public static void Create(DataDirectory data, ControlFileData control) => DurableFile.Create(data.ControlFile, Stamped(control));

    /// <summary>Overwrites the file in place: one write of 8 KiB, of which less than a sector counts, then fsync. Stamps <see cref="ControlFileData.Time"/>.</summary>
    /// <exception cref="PgException">The file may hold old or new contents: crash.</exception>
    public static void Write(DataDirectory data, ControlFileData control)
    {
        using SafeFileHandle file = DurableFile.Open(data.ControlFile, OpenFlags.ReadWrite);
        DurableFile.WriteAll(file, Stamped(control), 0, $"could not write file \"{data.ControlFile}\"");
        DurableFile.Sync(file, data.ControlFile);
    }

    private static byte[] Stamped(ControlFileData control) => (control with { Time = DateTimeOffset.UtcNow.ToUnixTimeSeconds() }).ToBytes();

    private static byte[] ReadBytes(DataDirectory data) =>
        DurableFile.TryRead(data.ControlFile) ?? throw FileError.Create(FileCalls.ENOENT, $"could not open file \"{data.ControlFile}\"");
}
