using Pgrepl.Shared;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Tests;

/// <summary>Three segments and a bit of WAL, damaged here and there.</summary>
public sealed class DamagedWalTests
{
    private const int SegmentSize = 1 << 20;
    private const ulong SystemId = 7_000_000_000_000_000_009;
    private static readonly Lsn First = new(SegmentSize);
    private static readonly TimelineHistory History = TimelineHistory.Single(TimelineId.First);

    private readonly List<(Lsn Start, Lsn End)> _records = [];
    private DataDirectory _data = null!;

    [SetUp]
    public void MakeWal()
    {
        _data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-test-").FullName);
        DurableFile.CreateDirectory(_data.Wal);
        _records.Clear();
        using WalAppender appender = new(_data, SegmentSize, SystemId, TimelineId.First, First, Lsn.Invalid);
        WalRecordBuilder builder = new();
        while (appender.InsertPosition < First + 3 * SegmentSize + 100_000)
        {
            LogicalMessage.Build(builder, 0, 1, false, "t"u8, new byte[3000]);
            _records.Add(appender.Append(builder));
        }
        appender.Flush();
    }

    [TearDown]
    public void RemoveWal() => Directory.Delete(_data.Path, recursive: true);

    [Test]
    public void A_flipped_bit_before_the_last_segment_is_damage()
    {
        (Lsn start, _) = _records.First(r => r.Start > First + 3 * SegmentSize / 2);
        Change(start + 500, 1, bytes => bytes[0] ^= 4);
        PgException error = Assert.Throws<PgException>(() => Check(out _))!;
        Lsn follows = _records.First(r => r.Start > First + 2 * SegmentSize).Start;
        Assert.Multiple(() =>
        {
            Assert.That(error.SqlState, Is.EqualTo(SqlStates.DataCorrupted));
            Assert.That(error.Message, Is.EqualTo($"WAL is damaged at {start}: a valid record follows at {follows}"));
            Assert.That(error.Detail, Is.EqualTo($"In segment 000000010000000000000002, offset {start.Value % SegmentSize}: incorrect resource manager data checksum in record at {start}."));
            Assert.That(error.Hint, Does.Contain("move segment 000000010000000000000003 and those after it out of pg_wal"));
        });
    }

    [Test]
    public void A_page_of_zeros_before_the_last_segment_is_damage()
    {
        Change(First + SegmentSize + 40 * WalFormat.PageSize, WalFormat.PageSize, bytes => bytes.Clear());
        Assert.That(() => Check(out _), Throws.TypeOf<PgException>());
    }

    [Test]
    public void A_segment_that_is_missing_before_the_last_is_damage()
    {
        File.Delete(WalSegmentFile.PathOf(_data, new WalSegment(TimelineId.First, 2), SegmentSize));
        Assert.That(() => Check(out _), Throws.TypeOf<PgException>());
    }

    [Test]
    public void Damage_before_the_checkpoint_that_pg_control_names_is_damage_in_the_last_segment_too()
    {
        (Lsn start, _) = _records[^3];
        Change(start + 500, 1, bytes => bytes[0] ^= 4);
        PgException error = Assert.Throws<PgException>(() => Check(out _, checkpoint: _records[^1].Start))!;
        Assert.That(error.Message, Is.EqualTo($"WAL is damaged at {start}: a valid record follows at {_records[^1].Start}"));
        Assert.That(error.Hint, Does.Not.Contain("pg_wal"), "a part of a segment cannot be given up");
    }

    [Test]
    public void The_end_of_WAL_is_none()
    {
        Check(out Lsn end);
        Assert.That(end, Is.EqualTo(_records[^1].End));
    }

    [Test]
    public void A_torn_write_in_the_last_segment_is_none()
    {
        (Lsn start, _) = _records[^20];
        Change(start + 500, 1, bytes => bytes[0] ^= 4);
        Check(out Lsn end);
        Assert.That(end, Is.EqualTo(start), "what follows was written with it, perhaps, and never flushed");
    }

    [Test]
    public void A_record_that_reaches_into_a_torn_last_segment_is_none()
    {
        (Lsn start, _) = _records.Single(r => r.Start < First + 3 * SegmentSize && r.End > First + 3 * SegmentSize);
        Change(First + 3 * SegmentSize + 100, 1, bytes => bytes[0] ^= 4);
        Check(out Lsn end);
        Assert.That(end, Is.EqualTo(start));
    }

    [Test]
    public void A_segment_that_is_ready_for_what_comes_is_no_record()
    {
        WalSegment next = new(TimelineId.First, 5);
        WalSegmentFile.Create(_data, next, SegmentSize);
        File.Copy(WalSegmentFile.PathOf(_data, new WalSegment(TimelineId.First, 1), SegmentSize), WalSegmentFile.PathOf(_data, next with { Number = 6 }, SegmentSize)); // recycled
        Span<byte> header = stackalloc byte[WalFormat.LongPageHeaderSize];
        WalPages.WriteHeader(header, next.Start(SegmentSize), SegmentSize, TimelineId.First, SystemId);
        using (WalSegmentFile file = WalSegmentFile.OpenWrite(_data, next, SegmentSize))
            file.Write(0, header);
        Check(out Lsn end);
        Assert.That(end, Is.EqualTo(_records[^1].End));
    }

    /// <summary>Reads to where reading stops, as startup does.</summary>
    private void Check(out Lsn end, Lsn checkpoint = default)
    {
        RecoveryState state = new(null!, new ControlFileData
        {
            SystemId = SystemId,
            SegmentSize = SegmentSize,
            CheckpointLocation = checkpoint.IsValid ? checkpoint : _records[0].Start,
            Checkpoint = default(Checkpoint) with { Timeline = TimelineId.First },
        }, History);
        using SegmentPageSource source = new(_data, SegmentSize, History);
        WalReader reader = new(source, PostgresMajor.LogCluster, SegmentSize, SystemId);
        reader.BeginRead(First);
        while (reader.Read() == WalReadStatus.Record)
            state.Replayed = reader.RecordEnd;
        end = state.Replayed;
        DamagedWal.Check(state, reader, _data);
    }

    private delegate void Damage(Span<byte> bytes);

    private void Change(Lsn at, int length, Damage damage)
    {
        WalSegment segment = WalSegment.Containing(at, TimelineId.First, SegmentSize);
        using WalSegmentFile file = WalSegmentFile.OpenWrite(_data, segment, SegmentSize);
        byte[] bytes = new byte[length];
        long offset = (long)(at.Value % SegmentSize);
        file.Read(offset, bytes);
        damage(bytes);
        file.Write(offset, bytes);
    }
}
