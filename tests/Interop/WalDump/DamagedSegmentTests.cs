using Pgrepl.Cli.CommandLine;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>pgrepl waldump against pg_waldump 15 on a damaged segment: output up to the damage, message and exit code. What every bit does to the reader is tests/Wal.Tests/Damage.</summary>
public sealed class DamagedSegmentTests
{
    private const int SegmentSize = 1 << 20;

    private static readonly Dictionary<string, string> InEnglish = new() { ["LC_ALL"] = "C" };

    private string _name = "";
    private byte[] _good = [];

    [OneTimeSetUp]
    public void TakeASegment()
    {
        (string first, _) = SharedWorkload.EveryRecord.Segments(1);
        Assert.That(WalSegment.TryParse(first, SegmentSize, out WalSegment segment));
        _name = (segment with { Number = segment.Number + 2 }).FileName(SegmentSize);
        _good = File.ReadAllBytes(Path.Combine(SharedWorkload.EveryRecord.Wal, _name));
    }

    [Test]
    public void Flipped_bits_end_the_output_where_they_end_postgres()
    {
        Random random = Seed.New();
        int[] offsets = [0, 2, 4, 8, 16, 20, 24, 32, 33, 34, 35, 36, 8192, 8194, 8196, 8208, .. Enumerable.Range(0, 12).Select(_ => random.Next(SegmentSize))];
        foreach (int offset in offsets)
        {
            int bit = offset == 0 ? random.Next(3) : random.Next(8); // a higher one may make the first page's magic another major's, which pg_waldump 15 does not know and ours reads
            byte[] bytes = (byte[])_good.Clone();
            bytes[offset] ^= (byte)(1 << bit);
            Compare(bytes, $"byte {offset}, bit {bit}");
        }
    }

    [Test]
    public void A_segment_of_any_length_ends_the_output_where_it_ends_postgres()
    {
        Random random = Seed.New();
        foreach (int length in (int[])[0, 1, 2, 39, 40, 8191, 8192, 8193, 16383, 16384, SegmentSize - 8192, SegmentSize - 1, .. Enumerable.Range(0, 6).Select(_ => random.Next(SegmentSize))])
            Compare(_good[..length], $"{length} bytes");
    }

    /// <summary>In a folder of its own: tests run at the same time.</summary>
    private void Compare(byte[] bytes, string what)
    {
        string folder = Directory.CreateTempSubdirectory("pgrepl-damage-").FullName, path = Path.Combine(folder, _name);
        try
        {
            File.WriteAllBytes(path, bytes);
            (int code, string output, string errors) = Build.Run(PostgresTools.Find("pg_waldump"), [path], environment: InEnglish);
            using var ours = new StringWriter();
            using var ourErrors = new StringWriter();
            int ourCode = CommandTree.Run(["waldump", path], new Terminal(ours, ourErrors, CancellationToken.None));
            Assert.That((ourCode, ourErrors.ToString().Replace("pgrepl: ", "pg_waldump: ", StringComparison.Ordinal)), Is.EqualTo((code, errors)), what);
            Assert.That(ours.ToString() == output, what);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
