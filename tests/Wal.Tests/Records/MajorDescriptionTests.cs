namespace Pgrepl.Wal.Tests.Records;

/// <summary>Records of other majors that no server writes. What real ones say is in tests/Interop/WalDump.</summary>
public sealed class MajorDescriptionTests
{
    private static IEnumerable<PostgresMajor> Majors => PostgresMajor.All;

    [TestCaseSource(nameof(Majors))]
    public void A_description_never_throws(PostgresMajor major)
    {
        foreach ((ResourceManagerId _, byte operation, string said) in EveryCode().Tell(major))
            if (major.Number < WalDescription.OldestMajor)
                Assert.That(said, Is.EqualTo($"UNKNOWN ({operation:x}) "));
    }

    /// <summary>The difference of src/backend/access/rmgrdesc between PostgreSQL 13 and 14: nothing is missing here, and nothing else is told otherwise.</summary>
    [Test]
    public void Codes_that_13_tells_otherwise_than_14_are_these()
    {
        MajorLog log = EveryCode();
        log.Append(ResourceManagerId.LogicalMessage, LogicalMessage.Operation, Convert.FromHexString(DescriptionsOf13Tests.Message), []);
        string[] tablespaces = [.. new[] { 13, 14 }.Select(number => $"/PG_{number}_{PostgresMajor.Of(number).CatalogVersion}/")];
        IEnumerable<string> differing = log.Tell(PostgresMajor.Of(13)).ToArray().Zip(log.Tell(PostgresMajor.Of(14)))
            .Where(pair => pair.First.Text.Replace(tablespaces[0], tablespaces[1], StringComparison.Ordinal) != pair.Second.Text)
            .Select(pair => $"{pair.First.Rmgr} {pair.First.Operation:X2}").Distinct();
        Assert.That(differing, Is.EquivalentTo(new[]
        {
            "Transaction 60", "Transaction E0",
            "Heap2 10", "Heap2 20", "Heap2 30", "Heap2 90", "Heap2 A0", "Heap2 B0",
            "Btree 70", "Btree 80", "Btree 90", "Btree D0", "Btree E0",
            "Hash C0",
            "SpGist 10", "SpGist 20", "SpGist 30", "SpGist 40", "SpGist 50", "SpGist 60", "SpGist 70", "SpGist 80",
            "CommitTimestamp 20",
            "LogicalMessage 00",
        }));
    }

    /// <summary>Every code of every resource manager, with main data and block data of any bytes and many lengths.</summary>
    private static MajorLog EveryCode()
    {
        var log = new MajorLog();
        Random random = Seed.New();
        for (ResourceManagerId rmgr = 0; rmgr <= WalDescription.LastBuiltIn; rmgr++)
            for (int operation = 0; operation <= 0xF0; operation += 0x10)
                for (int round = 0; round < 20; round++)
                    if ((rmgr, operation) != (ResourceManagerId.Xlog, XlogInfo.Switch))
                        log.Append(rmgr, (byte)operation, Some(random, random.Next(1, 120)), Some(random, random.Next(1, 120)));
        return log;
    }

    /// <summary>Small numbers are common, so that counts are often believed.</summary>
    private static byte[] Some(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(3) switch { 0 => (byte)0, 1 => (byte)random.Next(5), _ => (byte)random.Next(256) })];
}
