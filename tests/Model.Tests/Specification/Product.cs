using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Node;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;
using Pgrepl.WalReceiver;

namespace Pgrepl.Model.Tests.Specification;

/// <summary>The product's own decisions, called and not told again: break one of them and the search finds it.</summary>
internal sealed class Product(Setup setup)
{
    private const ulong SystemId = 1;
    private const ulong Base = 0x1000000;
    private const ulong RecordSize = 0x100;

    private readonly Dictionary<uint, TimelineHistory> _histories = [];
    private readonly Dictionary<(Peer, PeerPositions), int> _grants = [];
    private readonly SynchronousStandbyNames?[] _rules = [.. Enum.GetValues<Peer>().Select(node => SynchronousStandbyNames.Parse(setup.Names.Replace("{partner}", node == Peer.A ? "b" : "a", StringComparison.Ordinal)))];

    /// <summary>TimelineHistoryFiles.Read: a timeline without a file has no ancestors.</summary>
    public TimelineHistory History(HistoryFiles files, int timeline)
    {
        uint contents = files.Read(timeline), key = (contents << 4) | (uint)timeline;
        if (!_histories.TryGetValue(key, out TimelineHistory? history))
            _histories[key] = history = TimelineHistory.Parse(new TimelineId((uint)timeline), Text(contents, timeline));
        return history;
    }

    /// <summary>The new file of a promotion, as TimelineHistory.Append writes it.</summary>
    public uint Append(HistoryFiles files, int parent, int end)
    {
        byte[] text = TimelineHistory.Append(Text(files.Read(parent), parent), new TimelineId((uint)parent), At(end), "no recovery target specified");
        uint contents = 0;
        foreach (TimelineHistory.Entry entry in TimelineHistory.Parse(new TimelineId((uint)HistoryFiles.Newest + 1), text).Entries.Skip(1))
            contents |= (uint)Position(entry.End) << (4 * ((int)entry.Timeline.Value - 1));
        return contents;
    }

    /// <returns>The timeline that a position belongs to; at a switch point the newer one.</returns>
    public int TimelineOf(TimelineHistory history, int position) => (int)history.TimelineOf(At(position)).Value;

    /// <returns>Where a history left a timeline; <see langword="null"/>: it never went through it. <see cref="int.MaxValue"/>: it is there still.</returns>
    public int? SwitchPoint(TimelineHistory history, int timeline)
    {
        if (!history.Contains(new TimelineId((uint)timeline)))
            return null;
        Lsn end = history.SwitchPoint(new TimelineId((uint)timeline), out _);
        return end.IsValid ? Position(end) : int.MaxValue;
    }

    /// <summary>Whether a standby may go over to a newer timeline.</summary>
    public bool MayFollow(TimelineHistory followed, int now, TimelineHistory candidate, int end) =>
        FollowedWal.Refusal(followed, new TimelineId((uint)now), candidate, At(end)) is null;

    /// <returns>Where a rejoining node's history and its upstream's part; <see langword="null"/>: they have nothing in common.</returns>
    public int? Fork(TimelineHistory ours, TimelineHistory theirs) =>
        TimelineFork.Find(ours, theirs) is { } fork ? fork.Position == Lsn.MaxValue ? int.MaxValue : Position(fork.Position) : null;

    /// <summary>What PeerQuestion makes of a peer's answers.</summary>
    /// <param name="files">All that it has; the text of one is its number here.</param>
    public PeerAnswer Answer(Peer peer, TimelineHistory history, bool isPrimary, HistoryFiles files)
    {
        var texts = new Dictionary<TimelineId, byte[]>();
        for (int timeline = 2; timeline <= Math.Max(HistoryFiles.Newest, (int)history.Target.Value); timeline++)
            if (files.Has(timeline))
                texts[new TimelineId((uint)timeline)] = BitConverter.GetBytes(files.Read(timeline));
            else if (timeline > history.Target.Value)
                break;
        return new(peer.Name(), SystemId, history, default, isPrimary) { Files = texts };
    }

    /// <returns>0: no peer has it.</returns>
    public uint HistoryOf(int timeline, IEnumerable<PeerAnswer> peers) =>
        PeerVerdict.HistoryOf(new TimelineId((uint)timeline), peers) is { } text ? BitConverter.ToUInt32(text) : 0;

    public bool MayBePrimary(TimelineHistory ours, PeerAnswer peer) => PeerVerdict.WhyNotPrimary(ours, peer, "") is null;

    public bool IsRemembered(TimelineHistory ours, int newest, PeerAnswer peer) => PeerVerdict.IsRemembered(ours, new TimelineId((uint)newest), peer);

    public bool IsSuccessor(TimelineHistory ours, TimelineHistory newest) => PeerVerdict.IsSuccessor(ours, newest);

    public int TimelineAfter(int newest, IEnumerable<PeerAnswer> peers) => (int)PeerVerdict.TimelineAfter(new TimelineId((uint)newest), peers).Value;

    /// <summary>What a standby's reply says, in the kind of position that commits wait for.</summary>
    public int Confirmed(in Node standby)
    {
        ConfirmedWal reply = ConfirmedWal.Of(At(standby.Written), At(standby.Durable), At(standby.Applied), At(standby.Received));
        return Position(setup.RemoteApply ? reply.Applied : reply.Flushed);
    }

    public bool IsNamed(Peer primary, Peer standby) => _rules[(int)primary]?.PriorityOf(standby.Name()) > 0;

    /// <summary>Up to where commits on a primary need not wait any longer for standbys.</summary>
    public int Granted(Peer primary, PeerPositions confirmed)
    {
        if (_rules[(int)primary] is not { } rule)
            return int.MaxValue;
        if (!_grants.TryGetValue((primary, confirmed), out int granted))
            _grants[(primary, confirmed)] = granted = Grant(primary, rule, confirmed);
        return granted;
    }

    private static int Grant(Peer primary, SynchronousStandbyNames rule, PeerPositions confirmed)
    {
        var candidates = new List<SyncCandidate>();
        foreach (Peer standby in Peers.All)
            if (standby != primary && confirmed[standby] > 0 && rule.PriorityOf(standby.Name()) is > 0 and var priority)
                candidates.Add(new SyncCandidate((int)standby, (int)standby, priority, At(confirmed[standby]), At(confirmed[standby]), At(confirmed[standby])));
        return SyncGrant.Compute(rule, SyncGrant.Choose(rule, candidates)) is { } grant ? Position(grant.Flush) : 0;
    }

    private static Lsn At(int position) => new(Base + (ulong)position * RecordSize);

    private static int Position(Lsn position) => (int)((position.Value - Base) / RecordSize);

    private static byte[] Text(uint contents, int timeline)
    {
        var text = new StringBuilder();
        for (int ancestor = 1; ancestor < timeline; ancestor++)
            if ((contents >> (4 * (ancestor - 1)) & 15) is > 0 and var end)
                text.Append($"{ancestor}\t{At((int)end)}\tno recovery target specified\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
