namespace Pgrepl.Model.Tests.Specification;

/// <summary>A rule of the product that a test takes away, to see which invariant it was that stood on it.</summary>
internal enum Rule
{
    None,

    /// <summary>WalFollower.StopReceiver: walreceiver has ended before the end of WAL is looked for.</summary>
    ReceiverEndsFirst,

    /// <summary>SendableWal: nothing is sent that is not flushed.</summary>
    SendsFlushedOnly,

    /// <summary>NodeSqlHost.WriteCommit: nothing is acknowledged before the local flush.</summary>
    LocalFlushFirst,

    /// <summary>SyncGrant: a commit waits for standbys.</summary>
    WaitsForStandbys,

    /// <summary>Receiver.Drain: flushed is reported after the fdatasync.</summary>
    ConfirmsAfterSync,

    /// <summary>ConfirmedWal: nothing is confirmed that this upstream has not sent.</summary>
    ConfirmsReceivedOnly,

    /// <summary>ReceivedWal.Compare: what is sent again is compared with what is here.</summary>
    ComparesWhatItHas,

    /// <summary>TimelineHistoryFiles.Store: a stored file does not change.</summary>
    KeepsHistoryFiles,

    /// <summary>FollowedWal.Refusal: a timeline that left ours before our end is not followed.</summary>
    RefusesForkBehind,

    /// <summary>OwnLine, RelayStartup.CheckNewest: the same when it starts.</summary>
    StartsOnItsLine,

    /// <summary>PromotingSignal: a promotion goes on with its numbers.</summary>
    ResumesPromotion,

    /// <summary>EndOfRecovery.ChooseTimeline asks the peers.</summary>
    AsksForTimeline,

    /// <summary>EndOfRecovery.ChooseTimeline: history files that it lacks come from the peers.</summary>
    FillsHistories,

    /// <summary>PeerQuestion.MayStartAsPrimary.</summary>
    AsksBeforeStart,

    /// <summary>PeerVerdict.IsRemembered, docs/decisions/0009.</summary>
    RemembersRefusal,
}
