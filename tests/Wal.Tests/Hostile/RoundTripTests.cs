using System.Text;
using FsCheck.Fluent;

namespace Pgrepl.Wal.Tests.Hostile;

/// <summary>What is written is what is read, whatever it is.</summary>
public sealed class RoundTripTests
{
    [Test]
    public void Positions() => Always.Holds((ulong value) => Lsn.Parse(new Lsn(value).ToString()).Value == value);

    [Test]
    public void Records_of_any_length_laid_over_pages_are_read_back() => Always.Holds(((byte[] Small, ushort Large, byte Offset) v) =>
    {
        TestLog log = new(startOffset: WalFormat.PageSize - v.Offset / 8 * 8 - 8);
        log.AppendMessage(v.Small, xid: 3);
        log.AppendMessage(new byte[v.Large]);
        log.AppendMessage(v.Small);
        WalReader reader = log.Reader();
        reader.BeginRead(log.Records[0].Start);
        foreach (LogRecord written in log.Records)
        {
            if (reader.Read() != WalReadStatus.Record || reader.RecordStart != written.Start || reader.RecordEnd != written.End || !reader.Record.SequenceEqual(written.Bytes))
                return false;
        }
        return LogicalMessage.TryRead(reader.MainData, out LogicalMessage message) && message.Content.SequenceEqual(v.Small) && reader.Read() == WalReadStatus.Invalid;
    });

    [Test]
    public void A_record_with_any_bit_flipped_is_not_delivered() => Always.Holds(((byte[] Content, ushort Bit) v) =>
    {
        TestLog log = new();
        LogRecord record = log.AppendMessage(v.Content);
        int bit = v.Bit % (record.Bytes.Length * 8);
        log.At(record.Start, record.Bytes.Length)[bit / 8] ^= (byte)(1 << (bit % 8)); // it lies on one page
        WalReader reader = log.Reader();
        reader.BeginRead(record.Start);
        return record.End.PageStart != record.Start.PageStart || reader.Read() == WalReadStatus.Invalid;
    });

    [Test]
    public void Commits() => Always.Holds(((long Time, bool Feedback, uint Database, uint Tablespace, uint Xid) v) =>
    {
        TestLog log = new();
        log.Append(b => TransactionCommit.Build(b, v.Xid, v.Time, v.Feedback, v.Database, v.Tablespace));
        WalReader reader = log.Reader();
        reader.BeginRead(log.Records[0].Start);
        return reader.Read() == WalReadStatus.Record && reader.Header.Xid == v.Xid && TransactionCommit.Read(reader.Header.Info, reader.MainData) is { } read
            && read.Time == v.Time && read.ApplyFeedback == v.Feedback && (v.Database == 0 || (read.DatabaseOid, read.TablespaceOid) == (v.Database, v.Tablespace));
    });

    [Test]
    public void Checkpoints() => Always.Holds(((ulong Redo, uint Timeline, ulong Xid, long Time) v) =>
    {
        Checkpoint written = new() { Redo = new Lsn(v.Redo), Timeline = new TimelineId(v.Timeline), Time = v.Time, NextXid = v.Xid };
        byte[] bytes = new byte[Checkpoint.Size];
        written.Write(bytes);
        return Checkpoint.Read(bytes) == written;
    });

    [Test]
    public void Histories() => Always.Holds(ArbMap.Default.ArbFor<byte[]>(), steps =>
    {
        byte[] text = [];
        uint timeline = 1;
        Lsn at = default;
        List<(uint, Lsn)> written = [];
        foreach (byte step in steps)
        {
            at += 1000UL * (step + 1UL);
            written.Add((timeline, at));
            text = TimelineHistory.Append(text, new TimelineId(timeline), at, "because");
            timeline += step % 5u + 1;
        }
        TimelineHistory read = TimelineHistory.Parse(new TimelineId(timeline), text);
        return read.Target.Value == timeline && read.Entries.Reverse().SkipLast(1).Select(e => (e.Timeline.Value, e.End)).SequenceEqual(written);
    });

    [Test]
    public void Arbitrary_bytes_are_no_history_or_one() => Always.Holds((byte[] bytes) =>
    {
        try
        {
            return TimelineHistory.Parse(new TimelineId(1), bytes).Target.Value == 1;
        }
        catch (TimelineHistoryException refused)
        {
            return refused.Message.Length > 0 && Encoding.UTF8.GetByteCount(refused.Message) > 0;
        }
    });
}
