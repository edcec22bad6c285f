using System.Text;

namespace Pgrepl.Wal.Tests.Hostile;

/// <summary>WAL and history files out of a broken disk or a lying peer: reading ends, in bounded time and memory, and never by an exception nobody declared.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class WalFuzzTests
{
    private const int SegmentSize = 1 << 20;

    [Test]
    public void A_mutated_log_is_read_to_its_end()
    {
        TestLog log = SomeLog(), room = Room();
        new Fuzz("WAL", log.At(log.Base, (int)log.End.BytesSince(log.Base)).ToArray()) { AllocationPerByte = 8 }.Run(bytes =>
        {
            bytes.AsSpan(0, Math.Min(bytes.Length, SegmentSize)).CopyTo(room.Bytes);
            ReadAll(room);
            Array.Clear(room.Bytes, 0, SegmentSize);
        });
    }

    [Test]
    public void A_mutated_record_under_a_good_checksum_is_judged()
    {
        byte[][] records = [.. SomeLog().Records.Where(r => r.Bytes.Length < 1000).Select(r => r.Bytes)];
        TestLog room = Room();
        new Fuzz("WAL record", records).Run(bytes =>
        {
            if (bytes.Length is < WalRecordHeader.Size or > SegmentSize / 2)
                return;
            WalRecordHeader header = WalRecordHeader.Read(bytes)!.Value with { TotalLength = (uint)bytes.Length, Previous = default };
            header.Write(bytes);
            (header with { Crc = WalRecordHeader.ComputeCrc(bytes) }).Write(bytes);
            if (!WalRecordHeader.Read(bytes)!.Value.IsSwitch)
                room.AppendRaw(bytes);
            ReadAll(room);
            Array.Clear(room.Bytes, 0, SegmentSize);
            room.Records.Clear();
            (room.End, room.Previous) = (room.Base, default);
        });
    }

    [Test]
    public void Main_data_of_records_is_read_or_refused()
    {
        byte[][] data = [.. SomeLog().Records.Select(r => r.Bytes[WalRecordHeader.Size..]).Where(d => d.Length < 500)];
        new Fuzz("main data", data).Run(bytes => LookInto(bytes, (byte)(bytes.Length > 0 ? bytes[0] : 0)));
    }

    [Test]
    public void A_history_file_is_taken_or_refused() => new Fuzz("history", ""u8.ToArray(), "1\t0/3000000\tno recovery target specified\n"u8.ToArray(),
        "1\t0/3000000\treason\n\n2\t0/5A000000\tbefore 2000-01-01\n# comment\n 3 FFFFFFFF/FFFFFFFF\n"u8.ToArray()).Run(bytes =>
    {
        TimelineHistory history = TimelineHistory.Parse(new TimelineId(9), bytes);
        _ = history.Contains(new TimelineId(2));
        try
        {
            _ = history.TimelineOf(new Lsn(0x3000000));
            _ = history.SwitchPoint(new TimelineId(1), out _);
        }
        catch (Exception error) when (error is InvalidOperationException or KeyNotFoundException)
        {
            // declared: a gap, or not an ancestor
        }
    }, typeof(TimelineHistoryException));

    [Test]
    public void Positions_are_parsed_or_refused() => new Fuzz("LSN", "0/0"u8.ToArray(), "16/B374D848"u8.ToArray(), "FFFFFFFF/FFFFFFFF"u8.ToArray()).Run(bytes =>
    {
        string text = Encoding.Latin1.GetString(bytes);
        if (Lsn.TryParse(text, out Lsn lsn) && !Lsn.TryParse(lsn.ToString(), out _))
            throw new InvalidOperationException($"{text} became {lsn}");
    });

    /// <summary>Reads all there is, from the front and from the first record that can be found.</summary>
    private static void ReadAll(TestLog log)
    {
        foreach (bool find in new[] { false, true })
        {
            WalReader reader = new(new MemoryPages(log), PostgresMajor.LogCluster, SegmentSize, find ? 0 : TestLog.SystemId);
            if (find && !reader.FindNextRecord(log.Base).IsValid)
                continue;
            if (!find)
                reader.BeginRead(log.Base + WalFormat.LongPageHeaderSize);
            while (reader.Read() == WalReadStatus.Record)
                LookInto(reader.MainData, reader.Header.Info);
            if (reader.Error is null)
                throw new InvalidOperationException("it ended without a word");
        }
    }

    private static void LookInto(ReadOnlySpan<byte> mainData, byte info)
    {
        _ = Checkpoint.Read(mainData);
        _ = EndOfRecoveryRecord.Read(mainData);
        _ = OverwriteContrecordRecord.Read(mainData);
        _ = RestorePointRecord.Read(mainData);
        _ = TransactionCommit.Read(info, mainData);
        _ = TransactionAbort.Read(mainData);
        if (LogicalMessage.TryRead(mainData, out LogicalMessage message) && message.Prefix.Length + message.Content.Length > mainData.Length)
            throw new InvalidOperationException("a message longer than its record");
    }

    /// <summary>Two segments of zeros.</summary>
    private static TestLog Room() => new(SegmentSize) { Bytes = new byte[2 * SegmentSize] };

    private static TestLog SomeLog()
    {
        TestLog log = new(SegmentSize);
        Random random = new(1);
        log.Append(builder => default(Checkpoint).Build(builder, shutdown: true));
        log.Append(builder => TransactionCommit.Build(builder, 7, 1, applyFeedback: true, 5, 1663));
        log.Append(builder => RestorePointRecord.Build(builder, 1, "here"));
        log.AppendMessage("some message"u8, xid: 7);
        log.Append(builder => TransactionAbort.Build(builder, 7, 1));
        for (int i = 0; i < 12; i++)
            log.AppendOfSize(random.Next(24, 300), random);
        log.AppendOfSize(20_000, random); // over three pages
        log.AppendMessage(new byte[3000]);
        return log;
    }
}
