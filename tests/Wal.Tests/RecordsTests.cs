using System.Text;

namespace Pgrepl.Wal.Tests;

public sealed class RecordsTests
{
    private static readonly long Time = PgTime.FromUtc(new DateTime(2026, 11, 22, 7, 5, 0, 123, DateTimeKind.Utc));

    [Test]
    public void Every_record_comes_back_through_the_reader()
    {
        var checkpoint = new Checkpoint(new Lsn(0x100028), new TimelineId(1), new TimelineId(1), true, 740, 16384, 1, 0, 727, 1, 1, 1, 1_760_000_000, 0, 0, 0);
        var log = new TestLog();
        log.Append(b => checkpoint.Build(b, shutdown: true));
        log.Append(b => checkpoint.Build(b, shutdown: false));
        log.Append(b => EndOfRecoveryRecord.Build(b, Time, new TimelineId(2), new TimelineId(1)));
        log.Append(b => RestorePointRecord.Build(b, Time, "vor dem Umbau ü"));
        log.Append(b => OverwriteContrecordRecord.Build(b, new Lsn(0x12345678), Time));
        log.Append(b => TransactionCommit.Build(b, 741, Time, applyFeedback: false));
        log.Append(b => TransactionCommit.Build(b, 742, Time, applyFeedback: true));
        log.Append(b => TransactionCommit.Build(b, 743, Time, applyFeedback: true, 5, 1663));
        log.Append(b => TransactionAbort.Build(b, 744, Time));
        log.Append(b => LogicalMessage.Build(b, 745, 5, true, "drill"u8, "42"u8));
        log.Append(b => LogicalMessage.Build(b, 0, 5, false, default, default));
        log.Append(SwitchRecord.Build);

        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Next(XlogInfo.CheckpointShutdown);
        Assert.That(Checkpoint.Read(reader.MainData), Is.EqualTo(checkpoint));
        Next(XlogInfo.CheckpointOnline);
        Assert.That(Checkpoint.Read(reader.MainData), Is.EqualTo(checkpoint));
        Next(XlogInfo.EndOfRecovery);
        Assert.That(EndOfRecoveryRecord.Read(reader.MainData), Is.EqualTo(new EndOfRecoveryRecord(Time, new TimelineId(2), new TimelineId(1))));
        Next(XlogInfo.RestorePoint);
        Assert.That(RestorePointRecord.Read(reader.MainData), Is.EqualTo(new RestorePointRecord(Time, "vor dem Umbau ü")));
        Next(XlogInfo.OverwriteContrecord);
        Assert.That(OverwriteContrecordRecord.Read(reader.MainData), Is.EqualTo(new OverwriteContrecordRecord(new Lsn(0x12345678), Time)));
        Next(XactInfo.Commit, ResourceManagerId.Transaction);
        Assert.That(TransactionCommit.Read(reader.Header.Info, reader.MainData), Is.EqualTo(new TransactionCommit(Time, false)));
        Assert.That(reader.Header, Has.Property("TotalLength").EqualTo(34u).And.Property("Xid").EqualTo(741u), "PostgreSQL's shortest commit");
        Next(XactInfo.Commit | XactInfo.HasInfo, ResourceManagerId.Transaction);
        Assert.That(TransactionCommit.Read(reader.Header.Info, reader.MainData), Is.EqualTo(new TransactionCommit(Time, true)));
        Next(XactInfo.Commit | XactInfo.HasInfo, ResourceManagerId.Transaction);
        Assert.That(TransactionCommit.Read(reader.Header.Info, reader.MainData), Is.EqualTo(new TransactionCommit(Time, true, 5, 1663)));
        Next(XactInfo.Abort, ResourceManagerId.Transaction);
        Assert.That(TransactionAbort.Read(reader.MainData), Is.EqualTo(new TransactionAbort(Time)));
        Next(LogicalMessage.Operation, ResourceManagerId.LogicalMessage);
        CheckMessage(reader.MainData, true, "drill", "42");
        Next(LogicalMessage.Operation, ResourceManagerId.LogicalMessage);
        CheckMessage(reader.MainData, false, "", "");
        Next(XlogInfo.Switch);
        Assert.That(reader.MainData.Length, Is.Zero);
        Assert.That(reader.RecordEnd, Is.EqualTo(log.Base + (ulong)log.SegmentSize), "nothing follows a switch in its segment");

        void Next(int info, ResourceManagerId rmgr = ResourceManagerId.Xlog)
        {
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
            Assert.That((reader.Header.Rmgr, (int)reader.Header.Info), Is.EqualTo((rmgr, info)));
        }
    }

    [Test]
    public void Short_bodies_are_refused_not_thrown_at()
    {
        for (int length = 0; length < 72; length++)
        {
            byte[] bytes = new byte[length];
            Assert.That(EndOfRecoveryRecord.Read(bytes) is null, Is.EqualTo(length < 16));
            Assert.That(OverwriteContrecordRecord.Read(bytes) is null, Is.EqualTo(length < 16));
            Assert.That(RestorePointRecord.Read(bytes), Is.Null);
            Assert.That(TransactionAbort.Read(bytes) is null, Is.EqualTo(length < 8));
            Assert.That(TransactionCommit.Read(0, bytes) is null, Is.EqualTo(length < 8));
            Assert.That(TransactionCommit.Read(XactInfo.HasInfo, bytes) is null, Is.EqualTo(length < 12));
            if (length > 8)
                bytes[8] = 1;
            Assert.That(TransactionCommit.Read(XactInfo.HasInfo, bytes) is null, Is.EqualTo(length < 20));
        }
    }

    [TestCase(6ul, 2ul, true)]
    [TestCase(5ul, 3ul, false, Description = "the prefix does not end in its zero")]
    [TestCase(7ul, 1ul, false, Description = "a zero inside the prefix")]
    [TestCase(0ul, 8ul, false)]
    [TestCase(6ul, 3ul, false)]
    [TestCase(6ul, 1ul, false)]
    [TestCase(9ul, ulong.MaxValue, false)]
    [TestCase(ulong.MaxValue, 9ul, false)]
    public void Logical_message_sizes_must_add_up(ulong prefixSize, ulong contentSize, bool good)
    {
        byte[] bytes = new byte[LogicalMessage.HeaderSize + 8];
        BitConverter.TryWriteBytes(bytes.AsSpan(8), prefixSize);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), contentSize);
        "drill\042"u8.CopyTo(bytes.AsSpan(LogicalMessage.HeaderSize));
        bytes[LogicalMessage.HeaderSize + 5] = 0;
        Assert.That(LogicalMessage.TryRead(bytes, out _), Is.EqualTo(good));
    }

    [Test]
    public void Builder_refuses_what_no_reader_would_take()
    {
        var builder = new WalRecordBuilder();
        Assert.That(() => RestorePointRecord.Build(builder, 0, new string('x', 64)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => RestorePointRecord.Build(builder, 0, new string('x', 63)), Throws.Nothing);
        Assert.That(() => LogicalMessage.Build(builder, 0, 0, false, "a\0b"u8, default), Throws.ArgumentException);
        builder.Begin(ResourceManagerId.Generic, 0, 0);
        Assert.That(() => builder.Finish(Lsn.Invalid), Throws.InvalidOperationException, "not sealed");
        byte[] large = new byte[600 << 20];
        builder.Append(large);
        Assert.That(() => builder.Append(large), Throws.TypeOf<ArgumentOutOfRangeException>(), "over 1020 MiB");
    }

    [Test]
    public void Finish_may_be_called_again_with_another_predecessor()
    {
        var builder = new WalRecordBuilder();
        TransactionAbort.Build(builder, 1, Time);
        Assert.That(builder.Seal(), Is.EqualTo(34));
        byte[] first = builder.Finish(new Lsn(100)).ToArray();
        byte[] second = builder.Finish(new Lsn(200)).ToArray();
        Assert.That(builder.Finish(new Lsn(100)).ToArray(), Is.EqualTo(first));
        foreach ((byte[] record, ulong previous) in new[] { (first, 100ul), (second, 200ul) })
        {
            WalRecordHeader header = WalRecordHeader.Read(record)!.Value;
            Assert.That(header.Previous.Value, Is.EqualTo(previous));
            Assert.That(header.Crc, Is.EqualTo(WalRecordHeader.ComputeCrc(record)));
        }
    }

    private static void CheckMessage(ReadOnlySpan<byte> mainData, bool transactional, string prefix, string content)
    {
        Assert.That(LogicalMessage.TryRead(mainData, out LogicalMessage message));
        Assert.That(message.DatabaseOid, Is.EqualTo(5));
        Assert.That(message.Transactional, Is.EqualTo(transactional));
        Assert.That(Encoding.UTF8.GetString(message.Prefix), Is.EqualTo(prefix));
        Assert.That(Encoding.UTF8.GetString(message.Content), Is.EqualTo(content));
    }
}
