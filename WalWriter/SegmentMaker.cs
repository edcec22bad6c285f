using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>Makes one segment after the other on a thread of its own: 16 MB of zeros and an fsync take longer than many commits want to wait.</summary>
internal sealed class SegmentMaker : IDisposable
{
    private readonly DataDirectory _data;
    private readonly int _segmentSize;
    private readonly ulong _systemId;
    private readonly Latch _owner;
    private readonly AutoResetEvent _wanted = new(false);
    private WalSegment _segment;
    private Thread? _thread;
    private volatile bool _busy;
    private volatile bool _stop;
    private Exception? _failure;
    private bool _created;

    /// <param name="owner">Set when a segment is there, or could not be made.</param>
    public SegmentMaker(DataDirectory data, int segmentSize, ulong systemId, Latch owner)
    {
        _data = data;
        _segmentSize = segmentSize;
        _systemId = systemId;
        _owner = owner;
    }

    public bool IsBusy => _busy;

    /// <summary>Begins to make a segment; not while <see cref="IsBusy"/>.</summary>
    public void Begin(WalSegment segment)
    {
        _segment = segment;
        _failure = null;
        _busy = true;
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "segment maker" };
            _thread.Start();
        }
        _wanted.Set();
    }

    /// <summary>After <see cref="Begin"/>, once it is no longer busy.</summary>
    /// <returns>False: the segment was there already (recycled, or left from before).</returns>
    /// <exception cref="PgException">53100 the disk is full; anything else is a crash.</exception>
    public bool Result() => _failure is null ? _created : throw _failure;

    /// <summary>Makes a segment here and now.</summary>
    /// <returns>As <see cref="Result"/>.</returns>
    public bool Make(WalSegment segment)
    {
        var file = new FileInfo(WalSegmentFile.PathOf(_data, segment, _segmentSize));
        if (file.Exists && file.Length == _segmentSize)
            return false;
        if (file.Exists)
            WalDirectory.Remove(_data, [segment], _segmentSize); // its space is not reserved
        if (!WalSegmentFile.Create(_data, segment, _segmentSize))
            return false; // a checkpoint has recycled an old one meanwhile
        WriteFirstHeader(segment);
        return true;
    }

    public void Dispose()
    {
        _stop = true;
        _wanted.Set();
        _thread?.Join();
        _wanted.Dispose();
    }

    /// <summary>pg_waldump -p takes the segment size from whichever file the directory lists first: an empty one would make it give up. PostgreSQL leaves zeros
    /// here. No record follows, so every reader stops as it would at zeros; durable with the segment's first flush.</summary>
    private void WriteFirstHeader(WalSegment segment)
    {
        Span<byte> header = stackalloc byte[WalFormat.LongPageHeaderSize];
        WalPages.WriteHeader(header, segment.Start(_segmentSize), _segmentSize, segment.Timeline, _systemId);
        using WalSegmentFile file = WalSegmentFile.OpenWrite(_data, segment, _segmentSize);
        file.Write(0, header);
    }

    private void Run()
    {
        while (true)
        {
            _wanted.WaitOne();
            if (_stop)
                return;
            try
            {
                _created = Make(_segment);
            }
#pragma warning disable CA1031 // the owner throws it again
            catch (Exception e)
#pragma warning restore CA1031
            {
                _failure = e;
            }
            _busy = false;
            _owner.Set();
        }
    }
}
