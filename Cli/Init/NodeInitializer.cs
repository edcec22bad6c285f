using System.Security.Cryptography;
using System.Text;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Init;

/// <summary>Makes the directory of a log cluster, primary or standby: all of it durable, or nothing is left.</summary>
/// <remarks>PG_VERSION comes last: without it no program takes the directory for a node's.</remarks>
internal static class NodeInitializer
{
    /// <returns>The control file it wrote.</returns>
    /// <exception cref="PgException">The directory is not empty, the upstream cannot be asked, the disk is full …</exception>
    internal static ControlFileData Make(InitOptions options)
    {
        DataDirectory directory = options.Directory;
        using var made = new NewDirectory(directory);
        UpstreamIdentity? upstream = options.From is null ? null : UpstreamNode.Identify(options.From);
        ControlFileData control = upstream is null ? NewCluster(options) : StandbyOf(options.From!, upstream);

        foreach (string folder in new[] { directory.Global, directory.Wal, directory.ArchiveStatus, directory.ReplicationSlots, directory.LogDirectory })
            DurableFile.CreateDirectory(folder);
        Write(directory.HbaFile, AuthenticationFiles.Hba(options.AuthMethod, options.SuperUser));
        Write(directory.IdentFile, AuthenticationFiles.Ident(options.SuperUser));
        Write(directory.TomlFile, TomlTemplate.Text(options.Settings));
        if (upstream is null)
            FirstSegment.Write(directory, control.SystemId, control.SegmentSize, control.Checkpoint);
        else
        {
            foreach ((TimelineId timeline, byte[] text) in upstream.HistoryFiles)
                TimelineHistoryFiles.Store(directory, timeline, text);
            StandbySettings.WriteConninfo(directory, StandbySettings.PrimaryConninfo(directory, options.From!));
            StandbySettings.WriteSignal(directory);
        }
        ControlFile.Create(directory, control);
        Write(directory.PgVersion, "15\n");
        made.Keep();
        return control;
    }

    private static ControlFileData NewCluster(InitOptions options) => new()
    {
        SystemId = NewSystemId(),
        State = DatabaseState.ShutDown,
        CheckpointLocation = FirstSegment.Start(options.SegmentSize),
        Checkpoint = FirstSegment.Checkpoint(options.SegmentSize, options.NextXid),
        SegmentSize = options.SegmentSize,
        MockAuthenticationNonce = RandomNumberGenerator.GetBytes(ControlFileData.NonceSize),
    };

    /// <summary>A standby needs no WAL to begin with: it replays from the upstream's checkpoint, and is consistent once it has that record.</summary>
    private static ControlFileData StandbyOf(string from, UpstreamIdentity upstream)
    {
        (Lsn location, Checkpoint checkpoint) = UpstreamNode.ReadCheckpoint(from);
        return new ControlFileData
        {
            SystemId = upstream.SystemId,
            State = DatabaseState.InArchiveRecovery,
            CheckpointLocation = location,
            Checkpoint = checkpoint,
            MinRecoveryPoint = location,
            MinRecoveryPointTimeline = upstream.History.TimelineOf(location),
            SegmentSize = upstream.SegmentSize,
            MockAuthenticationNonce = RandomNumberGenerator.GetBytes(ControlFileData.NonceSize),
        };
    }

    /// <summary>As BootStrapXLOG: the time, for people who look at it, and what makes two clusters of one moment differ.</summary>
    private static ulong NewSystemId()
    {
        long microseconds = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return (ulong)(microseconds / 1_000_000) << 32 | (ulong)(microseconds % 1_000_000) << 12 | (uint)Environment.ProcessId & 0xFFF;
    }

    private static void Write(string path, string text) => DurableFile.Replace(path, Encoding.UTF8.GetBytes(text));
}
