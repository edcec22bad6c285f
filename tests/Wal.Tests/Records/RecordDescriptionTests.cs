namespace Pgrepl.Wal.Tests.Records;

/// <summary>What records say, against pg_waldump 15; and that none of them, however it was cut or forged, does harm.</summary>
public sealed class RecordDescriptionTests
{
    private const string CutShort = "(record is cut short)";

    private static IEnumerable<string> ResourceManagers => RecordSample.All.Select(sample => sample.Type[..sample.Type.IndexOf('/')]).Distinct();

    [Test]
    public void Samples_are_of_every_resource_manager() => Assert.That(ResourceManagers.Count(), Is.EqualTo((int)WalDescription.LastBuiltIn + 1));

    [TestCaseSource(nameof(ResourceManagers))]
    public void Records_say_what_pg_waldump_says(string rmgr)
    {
        var room = new RecordRoom();
        Assert.Multiple(() =>
        {
            foreach (RecordSample sample in Of(rmgr))
                Assert.That($"{rmgr}/{room.Describe(sample.Record)}", Is.EqualTo($"{sample.Type} {sample.Text}"));
        });
    }

    [TestCaseSource(nameof(ResourceManagers))]
    public void Records_that_are_cut_short_say_so_or_what_is_left(string rmgr)
    {
        var room = new RecordRoom();
        int cutShort = 0;
        foreach (RecordSample sample in Of(rmgr))
            foreach (byte[] cut in sample.Cut())
                if (room.Describe(cut).EndsWith(CutShort, StringComparison.Ordinal))
                    cutShort++;
        Assert.That(cutShort, rmgr == "Generic" ? Is.Zero : Is.Positive, "a generic record has no main data");
    }

    [Test]
    public void Forged_records_are_described_without_harm()
    {
        var room = new RecordRoom();
        var text = new WalText();
        new Fuzz("record descriptions", [.. RecordSample.All.Select(sample => sample.Record)]).Run(bytes =>
        {
            if (bytes.Length is < WalRecordHeader.Size or > 8000 || WalRecordHeader.Read(bytes)!.Value.IsSwitch)
                return;
            if (room.TryRead(bytes) is { } reader)
                _ = RecordRoom.Describe(reader, text);
        });
    }

    private static IEnumerable<RecordSample> Of(string rmgr) => RecordSample.All.Where(sample => sample.Type.StartsWith($"{rmgr}/", StringComparison.Ordinal));
}
