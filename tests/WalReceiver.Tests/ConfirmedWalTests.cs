using Pgrepl.Wal;

namespace Pgrepl.WalReceiver.Tests;

public sealed class ConfirmedWalTests
{
    /// <summary>A standby that is ahead of a promoted or restored upstream: commits there must not take its old WAL for theirs.</summary>
    [TestCase(500ul, 500ul, 500ul, 500ul, TestName = "What upstream has not sent is not confirmed, not as applied either")]
    [TestCase(2000ul, 900ul, 800ul, 700ul, TestName = "What it has sent is confirmed as far as it is here")]
    public void Nothing_is_confirmed_that_this_upstream_has_not_sent(ulong received, ulong written, ulong flushed, ulong applied)
    {
        Assert.That(ConfirmedWal.Of(new Lsn(900), new Lsn(800), new Lsn(700), new Lsn(received)), Is.EqualTo(new ConfirmedWal(new Lsn(written), new Lsn(flushed), new Lsn(applied))));
    }
}
