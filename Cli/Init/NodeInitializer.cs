using System.Security.Cryptography;
using System.Text;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Init;

/// <summary>Makes the directory of a log cluster, primary or standby, or of a relay: all of it durable, or nothing is left.</summary>
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
        using UpstreamSlot? slot = SlotOf(options); // before the checkpoint is read: WAL from there on is kept
        ControlFileData control = upstream is null ? NewCluster(options) : StandbyOf(options.From!, upstream);

        WriteCommon(options);
        DurableFile.CreateDirectory(directory.Global);
        if (upstream is null)
            FirstSegment.Write(directory, control.SystemId, control.SegmentSize, control.Checkpoint);
        else
            WriteFollower(options, upstream);
        ControlFile.Create(directory, control);
        Write(directory.PgVersion, $"{WalFormat.ServerMajor}\n");
        made.Keep();
        slot?.Keep();
        return control;
    }

    /// <returns>The file it wrote in place of a control file. It holds no WAL yet and starts with the segment of the slot's restart position, or else of upstream's end.</returns>
    /// <exception cref="PgException">As <see cref="Make"/>; 0A000: upstream is of a major that we do not know.</exception>
    internal static RelayFileData MakeRelay(InitOptions options)
    {
        DataDirectory directory = options.Directory;
        using var made = new NewDirectory(directory);
        UpstreamIdentity upstream = UpstreamNode.Identify(options.From!);
        if (PostgresMajor.TryOf(upstream.VersionNumber / 10_000) is not { } major)
            throw new PgException(SqlStates.FeatureNotSupported, $"a relay of PostgreSQL {upstream.Version} is not supported", $"PostgreSQL {PostgresMajor.All[0]} to {PostgresMajor.All[^1]} are.");
        using UpstreamSlot? slot = SlotOf(options);
        Lsn start = slot is { Restart.IsValid: true } ? slot.Restart : upstream.End;
        WriteCommon(options);
        WriteFollower(options, upstream);
        RelayFileData relay = new(upstream.SystemId, upstream.VersionNumber, upstream.Version, upstream.SegmentSize, upstream.Timeline,
            Oldest: new Lsn(start.Value & ~((ulong)upstream.SegmentSize - 1)), Validated: Lsn.Invalid, LastRecord: Lsn.Invalid);
        RelayFile.Write(directory, relay);
        Write(directory.PgVersion, $"{major}\n");
        made.Keep();
        slot?.Keep();
        return relay;
    }

    private static UpstreamSlot? SlotOf(InitOptions options) => options.Slot is null ? null : new UpstreamSlot(options.From!, options.Slot, options.CreateSlot);

    private static void WriteCommon(InitOptions options)
    {
        DataDirectory directory = options.Directory;
        foreach (string folder in new[] { directory.Wal, directory.ArchiveStatus, directory.ReplicationSlots, directory.LogDirectory })
            DurableFile.CreateDirectory(folder);
        Write(directory.HbaFile, AuthenticationFiles.Hba(options.AuthMethod, options.SuperUser));
        Write(directory.IdentFile, AuthenticationFiles.Ident(options.SuperUser));
        RoleFile.Change(directory, roles =>
        {
            if (options is { SuperUser: { } name, SuperUserPassword: { } verifier })
                roles[name] = new Role(name, Superuser: true, Replication: true, verifier);
        });
        Write(directory.TomlFile, TomlTemplate.Text(options.Settings));
    }

    private static void WriteFollower(InitOptions options, UpstreamIdentity upstream)
    {
        DataDirectory directory = options.Directory;
        foreach ((TimelineId timeline, byte[] text) in upstream.HistoryFiles)
            TimelineHistoryFiles.Store(directory, timeline, text);
        StandbySettings.WriteConninfo(directory, StandbySettings.PrimaryConninfo(directory, options.From!));
        if (options.Slot is not null)
            StandbySettings.WriteSlotName(directory, options.Slot);
        StandbySettings.WriteSignal(directory);
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
