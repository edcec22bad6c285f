namespace Pgrepl.Wal.Tests;

public sealed class CheckpointXidTests
{
    [TestCase(10, 20, 24)]
    [TestCase(11, 20, 24)]
    [TestCase(12, 28, 24)]
    [TestCase(18, 28, 24)]
    public void A_checkpoint_tells_the_next_xid_in_64_bits(int major, int epochAt, int xidAt)
    {
        byte[] body = [.. Enumerable.Repeat((byte)0xAA, 80)];
        BitConverter.TryWriteBytes(body.AsSpan(epochAt), 5);
        BitConverter.TryWriteBytes(body.AsSpan(xidAt), 1000);
        TestLog log = new();
        log.Append(b => Begin(b, XlogInfo.CheckpointOnline).Append(body));
        log.Append(b => Begin(b, XlogInfo.RestorePoint).Append(body));
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(Checkpoint.NextXidIn(reader, PostgresMajor.Of(major)), Is.EqualTo(5UL << 32 | 1000));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(Checkpoint.NextXidIn(reader, PostgresMajor.Of(major)), Is.Null);
    }

    private static WalRecordBuilder Begin(WalRecordBuilder builder, byte info)
    {
        builder.Begin(ResourceManagerId.Xlog, info, 0);
        return builder;
    }
}
