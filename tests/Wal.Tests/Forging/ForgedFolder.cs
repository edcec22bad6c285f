namespace Pgrepl.Wal.Tests;

/// <summary>Segments in a folder that both readers read, from <see cref="Start"/> to <see cref="End"/>; timeline 1.</summary>
internal sealed record ForgedFolder(string Path, int SegmentSize, Lsn Start, Lsn End)
{
    public string FirstFile => File(Start);
    public string LastFile => WalSegment.EndingAt(End, TimelineId.First, SegmentSize).FileName(SegmentSize);

    public string File(Lsn inside) => WalSegment.Containing(inside, TimelineId.First, SegmentSize).FileName(SegmentSize);

    /// <summary>Both readers must come to the same end; returns it.</summary>
    public ReadEnd Compare(string what)
    {
        ReadEnd postgres = ReadEnd.OfPostgres(this);
        Assert.That(ReadEnd.OfOurs(this), Is.EqualTo(postgres), $"{what}; expected: pg_waldump");
        return postgres;
    }
}
