using System.Text.RegularExpressions;

namespace Pgrepl.Wal.Tests.Records;

/// <summary>Records that no server writes: every code of an operation, and main data of random bytes, told by pg_waldump 15 and by us.</summary>
public sealed partial class ForgedDescriptionTests
{
    /// <summary>Whose descriptions read no further than these bytes; what comes first in others' says how much follows, and PostgreSQL believes it.</summary>
    private static readonly ResourceManagerId[] Managers =
    [
        ResourceManagerId.Btree, ResourceManagerId.Hash, ResourceManagerId.Gin, ResourceManagerId.Gist, ResourceManagerId.Sequence, ResourceManagerId.SpGist, ResourceManagerId.Brin,
        ResourceManagerId.CommitTimestamp, ResourceManagerId.ReplicationOrigin,
    ];

    [Test]
    public void Every_code_of_an_operation_is_told_alike()
    {
        using var folder = new TemporaryFolder();
        var log = new TestLog();
        Random random = Seed.New();
        foreach (ResourceManagerId rmgr in Managers)
            for (int operation = 0; operation <= 0xF0; operation += 0x10)
                for (int round = 0; round < 4; round++)
                    Append(log, rmgr, (byte)operation, random);
        log.Save(folder.Path);
        ProgramOutput dump = PostgresTools.Run(PostgresTools.Find("pg_waldump"), "-p", folder.Path, "000000010000000000000001");
        Assert.That(dump.Lines, Has.Length.EqualTo(log.Records.Count), dump.Errors);

        WalReader reader = log.Reader();
        reader.BeginRead(log.Records[0].Start);
        var text = new WalText();
        Assert.Multiple(() =>
        {
            foreach (string line in dump.Lines)
            {
                Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
                Assert.That(RecordRoom.Describe(reader, text), Is.EqualTo(Description().Match(line).Groups[1].Value), line);
            }
        });
    }

    /// <summary>Block 0 with data, because some descriptions look there, and main data.</summary>
    private static void Append(TestLog log, ResourceManagerId rmgr, byte operation, Random random)
    {
        byte[] main = new byte[100];
        random.NextBytes(main);
        if (rmgr == ResourceManagerId.ReplicationOrigin)
            main[10] &= 1; // a bool, printed as a number
        byte[] data = BlockData(rmgr, operation, main, random);
        byte[] record = RawRecord.Make([0, 0x20, (byte)data.Length, 0, 0x7F, 6, 0, 0, 5, 0, 0, 0, 0, 0x40, 0, 0, 7, 0, 0, 0, 255, (byte)main.Length, .. data, .. main], log.Previous);
        WalRecordHeader header = WalRecordHeader.Read(record)!.Value with { Rmgr = rmgr, Info = operation };
        header.Write(record);
        (header with { Crc = WalRecordHeader.ComputeCrc(record) }).Write(record);
        log.AppendRaw(record);
    }

    private static byte[] BlockData(ResourceManagerId rmgr, byte operation, byte[] main, Random random)
    {
        byte[] data = new byte[60];
        random.NextBytes(data);
        bool leaf = operation == GinInfo.VacuumDataLeafPage || (operation == GinInfo.Insert && (main[0] & 3) == 3);
        if (rmgr != ResourceManagerId.Gin || !leaf)
            return data;
        byte[] known = [4, 0, 7, 1, 8, 4, 2, 0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 9, 2, 0, 0, 0, 0, 1, 0, 3, 0, 1, 2, 3, 0, 10, 3, 0, 0, 0, 0, 1, 0, 2, 0, 1, 2];
        byte[] unknown = [200, 0, 7, 1, 255, 99, 3, 3];
        return random.Next(2) == 0 ? known : unknown;
    }

    [GeneratedRegex(@" desc: (.*?)(, blkref #.*)?$")]
    private static partial Regex Description();
}
