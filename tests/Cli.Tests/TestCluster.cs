using System.Globalization;
using System.Text;
using Pgrepl.Cli.Init;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests;

/// <summary>A log cluster on disk that a test writes record by record, without any process.</summary>
internal sealed class TestCluster
{
    internal const int SegmentSize = 1 << 20;

    private readonly WalRecordBuilder _builder = new();
    private uint _xid = 3;

    /// <summary>As pgrepl init makes it: one shutdown checkpoint.</summary>
    internal TestCluster(DataDirectory directory)
    {
        Directory = directory;
        Control = NodeInitializer.Make(new InitOptions(directory, SegmentSize: SegmentSize));
        Previous = Control.CheckpointLocation;
        Insert = Previous + (ulong)WalFormat.Align(WalRecordHeader.Size + 2 + Checkpoint.Size);
    }

    private TestCluster(TestCluster other, DataDirectory directory)
    {
        (Directory, Control, Previous, Insert, Timeline, _xid) = (directory, other.Control, other.Previous, other.Insert, other.Timeline, other._xid);
    }

    internal DataDirectory Directory { get; }

    internal ControlFileData Control { get; private set; }

    internal TimelineId Timeline { get; private set; } = TimelineId.First;

    /// <summary>Where the next record goes.</summary>
    internal Lsn Insert { get; private set; }

    internal Lsn Previous { get; private set; }

    /// <summary>A byte-for-byte copy, as a standby that has everything.</summary>
    internal TestCluster CopyTo(DataDirectory directory)
    {
        foreach (string folder in System.IO.Directory.EnumerateDirectories(Directory.Path, "*", SearchOption.AllDirectories).Prepend(Directory.Path))
            System.IO.Directory.CreateDirectory(folder.Replace(Directory.Path, directory.Path, StringComparison.Ordinal));
        foreach (string file in System.IO.Directory.EnumerateFiles(Directory.Path, "*", SearchOption.AllDirectories))
            File.Copy(file, file.Replace(Directory.Path, directory.Path, StringComparison.Ordinal));
        return new TestCluster(this, directory);
    }

    /// <summary>A drill message with its commit.</summary>
    /// <returns>End of the message's record: what pg_logical_emit_message answers.</returns>
    internal Lsn Message(long number, bool commit = true)
    {
        uint xid = _xid++;
        LogicalMessage.Build(_builder, xid, 5, transactional: true, "drill"u8, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
        Append();
        Lsn end = Insert;
        if (commit)
            TransactionCommit.Build(_builder, xid, PgTime.Now(), applyFeedback: false);
        else
            TransactionAbort.Build(_builder, xid, PgTime.Now());
        Append();
        return end;
    }

    /// <summary>A message of that many bytes, not of the drill.</summary>
    internal void Filler(int bytes)
    {
        LogicalMessage.Build(_builder, 0, 5, transactional: false, "filler"u8, new byte[bytes]);
        Append();
    }

    /// <summary>A checkpoint record, and pg_control that points to it.</summary>
    /// <returns>Where it starts.</returns>
    internal Lsn WriteCheckpoint(bool shutdown = false, DatabaseState state = DatabaseState.InProduction)
    {
        // A record never starts at a page's first byte: there is a header.
        Lsn start = Insert.PageOffset == 0 ? Insert + (ulong)WalFormat.PageHeaderSize(Insert, SegmentSize) : Insert;
        Checkpoint checkpoint = Control.Checkpoint with { Redo = start, Timeline = Timeline, PreviousTimeline = Timeline, NextXid = _xid };
        checkpoint.Build(_builder, shutdown);
        Append();
        Assert.That(Previous, Is.EqualTo(start));
        WriteControl(Control with { CheckpointLocation = start, Checkpoint = checkpoint, State = state });
        return start;
    }

    internal void WriteControl(ControlFileData control)
    {
        Control = control;
        ControlFile.Write(Directory, control);
    }

    /// <summary>Promotes as startup does: first segment of the new timeline with the old bytes, history file, END_OF_RECOVERY.</summary>
    internal void Promote(TimelineId next)
    {
        byte[] history = TimelineHistory.Append(TimelineHistoryFiles.ReadText(Directory, Timeline) ?? [], Timeline, Insert, "no recovery target specified");
        var old = WalSegment.EndingAt(Insert, Timeline, SegmentSize);
        File.Copy(WalSegmentFile.PathOf(Directory, old, SegmentSize), WalSegmentFile.PathOf(Directory, old with { Timeline = next }, SegmentSize));
        TimelineHistoryFiles.Store(Directory, next, history);
        TimelineId before = Timeline;
        Timeline = next;
        EndOfRecoveryRecord.Build(_builder, PgTime.Now(), next, before);
        Append();
        WriteControl(Control with { State = DatabaseState.InProduction, MinRecoveryPoint = Insert, MinRecoveryPointTimeline = next });
    }

    private void Append()
    {
        _builder.Seal();
        var pages = new Dictionary<Lsn, byte[]>();
        Lsn start = Insert.PageOffset == 0 ? Insert + (ulong)WalFormat.PageHeaderSize(Insert, SegmentSize) : Insert;
        Lsn end = WalPages.Lay(_builder.Finish(Previous), Insert, SegmentSize, Timeline, Control.SystemId, (at, fresh) =>
        {
            if (!pages.TryGetValue(at, out byte[]? page))
                pages[at] = page = fresh ? new byte[WalFormat.PageSize] : ReadPage(at);
            return page;
        });
        foreach ((Lsn at, byte[] page) in pages)
        {
            using WalSegmentFile file = WalSegmentFile.OpenOrCreate(Directory, WalSegment.Containing(at, Timeline, SegmentSize), SegmentSize);
            file.Write((long)(at.Value % SegmentSize), page);
        }
        (Previous, Insert) = (start, end);
    }

    private byte[] ReadPage(Lsn at)
    {
        byte[] page = new byte[WalFormat.PageSize];
        using WalSegmentFile file = WalSegmentFile.OpenRead(Directory, WalSegment.Containing(at, Timeline, SegmentSize), SegmentSize);
        file.Read((long)(at.Value % SegmentSize), page);
        return page;
    }
}
