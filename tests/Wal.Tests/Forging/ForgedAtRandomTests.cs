namespace Pgrepl.Wal.Tests;

/// <summary>Forgeries that nobody thought of; half of them under a good CRC, so that what the CRC hides from most is judged too.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ForgedAtRandomTests
{
    /// <summary>PGREPL_FORGERIES asks for more.</summary>
    private static int Count { get; } = int.TryParse(Environment.GetEnvironmentVariable("PGREPL_FORGERIES"), out int count) ? count : 300;

    [Test]
    public void A_log_forged_at_random_ends_where_postgres_ends_it() => CompareMany(ForgedLog.New, Count);

    [Test]
    public void The_log_of_a_real_cluster_forged_at_random_ends_where_postgres_ends_it()
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        ProgramOutput made = PostgresTools.RunAsOwner($"{PostgresTools.Find("initdb")} -D {data} -N -A trust --locale=C -E UTF8 --wal-segsize=16");
        Assert.That(made.ExitCode, Is.Zero, made.Errors);
        ForgedLog real = ForgedLog.Real(File.ReadAllBytes(Path.Combine(data, "pg_wal", "000000010000000000000001")), 16 << 20, lastRecords: 200);
        CompareMany(real.Copy, Count / 4);
    }

    private static void CompareMany(Func<ForgedLog> fresh, int count)
    {
        int seed = Seed.New().Next();
        Dictionary<string, ReadEnd> ends = ForgedSegments.CompareAll(Enumerable.Range(0, count).Select(round => ($"round {round}", (Func<ForgedLog>)(() => Forge(fresh(), new Random(unchecked(seed + round)))))));
        string[] kinds = [.. ends.Values.GroupBy(end => ForgedRecordsTests.Kind(end.Error)).Select(kind => $"{kind.Count(),5} {kind.Key}").Order()];
        TestContext.Out.WriteLine(string.Join('\n', kinds));
        Assert.That(kinds, Has.Length.GreaterThan(Math.Min(5, count / 10)));
    }

    private static ForgedLog Forge(ForgedLog log, Random random)
    {
        bool seal = random.Next(2) == 0;
        for (int edits = random.Next(1, 4); edits > 0; edits--)
        {
            LogRecord record = log.Records[random.Next(log.Records.Count)];
            Edit(log, record, random);
            if (seal)
                log.Seal(record);
        }
        return log;
    }

    private static void Edit(ForgedLog log, LogRecord record, Random random)
    {
        int length = record.Bytes.Length;
        switch (random.Next(8))
        {
            case 0:
                log.Flip(record, random.Next(WalRecordHeader.Size), (byte)(1 << random.Next(8)));
                break;
            case 1:
                log.Put(record, random.Next(WalRecordHeader.Size), (byte)random.Next(256));
                break;
            case 2:
                log.Put32(record, 0, (uint)(random.Next(2) == 0 ? random.Next(64) : length + random.Next(-24, 25)));
                break;
            case 3:
                log.Flip(record, random.Next(Math.Min(length, 64)), (byte)(1 << random.Next(8)));
                break;
            case 4:
                log.Put(record, Math.Min(length - 1, random.Next(24, 64)), (byte)random.Next(256));
                break;
            case 5:
                int at = random.Next(length);
                byte[] bytes = new byte[Math.Min(random.Next(1, 9), length - at)];
                if (random.Next(2) == 0)
                    random.NextBytes(bytes);
                log.Put(record, at, bytes);
                break;
            case 6:
                LogRecord other = log.Records[random.Next(log.Records.Count)];
                log.Put(record, 0, other.Bytes.AsSpan(0, Math.Min(random.Next(8, 25), length)));
                break;
            default:
                Lsn page = record.Start.PageStart;
                if (record.End.PageStart < log.Base + (ulong)log.Bytes.Length)
                    page = record.End.PageStart;
                log.At(page, 40)[random.Next(random.Next(4) == 0 ? 40 : 24)] ^= (byte)(1 << random.Next(8));
                break;
        }
    }
}
