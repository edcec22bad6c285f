using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Tests;

public sealed class RecoveryStateTests
{
    private static RecoveryState At(ulong nextXid) => new(null!,
        new ControlFileData { SystemId = 1, Checkpoint = default(Checkpoint) with { NextXid = nextXid, Timeline = TimelineId.First } }, TimelineHistory.Single(TimelineId.First));

    [TestCase(3UL, 3u, 4UL)]
    [TestCase(3UL, 10u, 11UL)]
    [TestCase(100UL, 99u, 100UL, Description = "an older one changes nothing")]
    [TestCase(100UL, 0u, 100UL, Description = "no transaction")]
    [TestCase(100UL, 2u, 100UL, Description = "frozen, not normal")]
    [TestCase(0xFFFF_FFFEUL, 0xFFFF_FFFFu, 0x1_0000_0003UL, Description = "over the wrap, past the special ids")]
    [TestCase(0xFFFF_FFF0UL, 5u, 0x1_0000_0006UL, Description = "seen after the wrap, known from before")]
    [TestCase(0x1_0000_0010UL, 0xFFFF_FFF0u, 0x1_0000_0010UL, Description = "seen from before the wrap, known from after")]
    public void Next_xid_moves_past_every_id_seen(ulong next, uint seen, ulong expected)
    {
        RecoveryState state = At(next);
        state.SawXid(seen);
        Assert.That(state.NextXid, Is.EqualTo(expected));
    }
}
