using System.Collections.Concurrent;

namespace Pgrepl.Wal.Tests;

/// <summary>Flips bits of a log one by one, and compares where our reader stops with what <see cref="DamageMap"/> says.</summary>
/// <remarks>A flip is read from the record before the one that it is in: what is before that is as it was. So a million flips take seconds.</remarks>
/// <param name="systemId">What the reader is told; 0: nothing.</param>
internal sealed class EveryBit(TestLog log, DamageMap map, ulong systemId)
{
    private const int Shown = 20;

    private TestLog Log => log;
    private DamageMap Map => map;
    private ulong SystemId => systemId;

    private readonly ConcurrentQueue<string> _wrong = new();
    private long _stopped, _ignored;

    /// <summary>Bits at which reading stopped as it must, and that are provably not checked.</summary>
    public (long Stopped, long Ignored) Counts => (_stopped, _ignored);

    /// <param name="chosen">Whether to flip a bit: its byte's offset and its number.</param>
    public void Run(Func<int, int, bool> chosen)
    {
        int[] pages = [.. map.Pages.Select(page => (int)page.BytesSince(log.Base))];
        Parallel.ForEach(pages, () => new Worker(this), (page, _, worker) =>
        {
            for (int offset = page; offset < page + WalFormat.PageSize && _wrong.Count < Shown; offset++)
                for (int bit = 0; bit < 8; bit++)
                    if (chosen(offset, bit))
                        worker.Flip(offset, bit);
            return worker;
        }, worker =>
        {
            Interlocked.Add(ref _stopped, worker.Stopped);
            Interlocked.Add(ref _ignored, worker.Ignored);
        });
        Assert.That(_wrong, Is.Empty);
    }

    /// <summary>One thread's.</summary>
    private sealed class Worker
    {
        private readonly EveryBit _all;
        private readonly DamagedPages _pages;
        private WalReader _reader;

        public Worker(EveryBit all)
        {
            _all = all;
            _pages = new(all.Log);
            _reader = NewReader();
        }

        public long Stopped { get; private set; }
        public long Ignored { get; private set; }

        public void Flip(int offset, int bit)
        {
            DamageMap map = _all.Map;
            if (map.Place(offset) == BytePlace.PageHeader)
                _reader = NewReader(); // it remembers timelines
            int? stop = map.StopAt(offset, bit, _all.SystemId != 0);
            _pages.Bytes[offset] ^= (byte)(1 << bit);
            string? wrong = Read(Math.Max(0, map.Record(offset) - 1), stop);
            _pages.Bytes[offset] ^= (byte)(1 << bit);
            if (map.Place(offset) == BytePlace.PageHeader)
                _reader = NewReader();
            if (wrong is not null)
                _all._wrong.Enqueue($"{_all.Log.Base + (ulong)offset} ({map.Place(offset)}), bit {bit}: {wrong}");
            if (stop is null)
                Ignored++;
            else
                Stopped++;
        }

        /// <returns>What is wrong, if anything.</returns>
        private string? Read(int from, int? stop)
        {
            List<LogRecord> records = _all.Log.Records;
            int to = stop ?? Math.Min(from + 3, records.Count);
            _reader.Invalidate();
            _reader.BeginRead(records[from].Start, from > 0 ? records[from - 1].Start : Lsn.Invalid);
            for (int i = from; i < to; i++)
                if (_reader.Read() != WalReadStatus.Record)
                    return $"the record at {records[i].Start} was not read: {_reader.Error}";
                else if (_reader.RecordStart != records[i].Start || _reader.RecordEnd != records[i].End || !_reader.Record.SequenceEqual(records[i].Bytes))
                    return $"a record that was never written, at {_reader.RecordStart}";
            if (stop is null && to < records.Count)
                return null;
            if (_reader.Read() == WalReadStatus.Record)
                return $"not found; a record at {_reader.RecordStart} to {_reader.RecordEnd}";
            Lsn end = records[^1].End;
            Lsn at = to < records.Count ? records[to].Start : end.PageOffset == 0 ? end + (ulong)WalFormat.PageHeaderSize(end, _all.Log.SegmentSize) : end;
            if (_reader.Error is null || _reader.RecordEnd != (to > from ? records[to - 1].End : records[to].Start))
                return $"no message, or a wrong end: {_reader.RecordEnd}";
            // XLP_FIRST_IS_OVERWRITE_CONTRECORD gives up the record that is carried over: what is wrong is the page then.
            return _reader.ErrorPosition == at || _reader.ErrorPosition == at.PageStart || _reader.OverwrittenRecord == at ? null : $"the error is said to be at {_reader.ErrorPosition}, not {at}: {_reader.Error}";
        }

        private WalReader NewReader() => new(_pages, PostgresMajor.LogCluster, _all.Log.SegmentSize, _all.SystemId);
    }
}
