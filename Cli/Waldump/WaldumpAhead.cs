using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>Pieces of the WAL read at the same time, each by a reader of its own that finds its first record itself.</summary>
/// <remarks>A piece counts only when it joins what was read before: its first record starts where the record before ended, names that record as its predecessor, and its pages' timelines do not go back.
/// Then reading it in order would have given the same. Anything else (an end, damage, a torn record at the seam) is left to the reader before, which reads on.</remarks>
internal sealed class WaldumpAhead : IDisposable
{
    private const ulong ShownPiece = 1 << 20, CountedPiece = 4 << 20; // bytes: text has to fit a cache, or nearly

    private readonly ulong _pieceSize;

    private readonly Queue<(WaldumpReading Reading, Lsn End, Task Work)> _pieces = [];
    private readonly WaldumpReading[] _readings;
    private readonly Stack<WaldumpReading> _idle;
    private readonly Lsn _end;
    private Lsn _next;

    /// <param name="first">The first record, whose piece somebody else reads.</param>
    /// <param name="workers">How many read at the same time.</param>
    internal WaldumpAhead(WaldumpSettings settings, Lsn first, int workers, CancellationToken interrupted)
    {
        _pieceSize = settings.Statistics || settings.Quiet ? CountedPiece : ShownPiece;
        _next = FirstEnd = PieceEnd(first);
        _end = settings.End.IsValid ? settings.End : Lsn.MaxValue;
        _readings = [.. Enumerable.Range(0, 2 * workers).Select(_ => new WaldumpReading(settings, interrupted))];
        _idle = new(_readings);
    }

    /// <summary>Where the piece of the first record ends.</summary>
    internal Lsn FirstEnd { get; }

    /// <summary>Waits for the next piece.</summary>
    /// <param name="before">What was read up to that piece.</param>
    /// <param name="end">Where the piece ends.</param>
    /// <returns>The reading that holds the piece's first text now; <paramref name="before"/>, when the piece does not join it and is to be read by it.</returns>
    internal WaldumpReading Next(WaldumpReading before, out Lsn end)
    {
        while (_idle.Count > 0 && _next < _end)
            Begin(_idle.Pop());
        if (_pieces.Count == 0)
        {
            end = Lsn.MaxValue;
            return before;
        }
        (WaldumpReading piece, end, Task work) = _pieces.Dequeue();
        work.Wait();
        bool joins = piece.First.IsValid && piece.First == before.Next && piece.BeforeFirst == before.Last && piece.FirstTimeline >= before.LastTimeline;
        _idle.Push(joins ? before : piece);
        return joins ? piece : before;
    }

    public void Dispose()
    {
        foreach ((_, _, Task work) in _pieces)
            work.Wait();
        foreach (WaldumpReading reading in _readings)
            reading.Dispose();
    }

    /// <summary>The end of the piece that holds a position.</summary>
    private Lsn PieceEnd(Lsn position) => new((position.Value / _pieceSize + 1) * _pieceSize);

    private void Begin(WaldumpReading reading)
    {
        Lsn from = _next, to = PieceEnd(_next);
        _next = to;
        _pieces.Enqueue((reading, to, Task.Run(() =>
        {
            reading.Find(from);
            if (reading.First.IsValid)
                reading.Read(to);
        })));
    }
}
