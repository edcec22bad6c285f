using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>pgrepl.relay on disk: where it is, the directory is a relay's. It has one writer at a time, init and then startup; anybody may read.</summary>
public static class RelayFile
{
    public static bool Exists(DataDirectory data) => File.Exists(data.RelayFile);

    /// <exception cref="PgException">58P01 not there; else as <see cref="RelayFileData.Parse"/>.</exception>
    public static RelayFileData Read(DataDirectory data) => RelayFileData.Parse(DurableFile.TryRead(data.RelayFile)
        ?? throw FileError.Create(FileCalls.ENOENT, $"could not open file \"{data.RelayFile}\""));

    /// <summary>Durable when it returns; a crash leaves the old file or the new one.</summary>
    public static void Write(DataDirectory data, RelayFileData relay) => DurableFile.Replace(data.RelayFile, relay.ToBytes());
}
