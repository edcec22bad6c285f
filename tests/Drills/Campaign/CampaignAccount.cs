using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>Every acknowledged number accounted for, by what lies on both disks and nothing else.</summary>
internal sealed class CampaignAccount(CampaignPair pair)
{
    /// <summary>Where the next round's WAL begins: a record's end that both have.</summary>
    public Lsn From { get; private set; } = pair.CaughtUp();

    /// <summary>Acknowledged and found.</summary>
    public long Total { get; private set; }

    /// <summary>Judges what was written since the last call. The load is paused.</summary>
    /// <returns>How many were acknowledged.</returns>
    public int Judge()
    {
        Lsn end = pair.CaughtUp();
        (Dictionary<long, Lsn> acknowledged, HashSet<long> sent) = pair.Load.Take();
        foreach (TestNode node in pair.Nodes)
            Assert.That(WalDirectory.List(node.Data, CampaignPair.SegmentSize)[0].Start(CampaignPair.SegmentSize), Is.LessThanOrEqualTo(From), $"{node.Name} has not kept this round's WAL");
        List<(string Content, Lsn End)>[] found = [.. pair.Nodes.Select(node => node.CommittedMessages(CampaignLoad.Prefix, From))];
        foreach ((TestNode node, List<(string Content, Lsn End)> messages) in pair.Nodes.Zip(found))
            JudgeNode(node.Name, messages, acknowledged, sent);
        Assert.That(found[0].SequenceEqual(found[1]), "both nodes have the same messages");
        Assert.That(Difference(From, end), Is.Null);
        From = end;
        Total += acknowledged.Count;
        return acknowledged.Count;
    }

    /// <summary>The same question to PostgreSQL's own reader: is there a message in this round's WAL that it does not read, on either node?</summary>
    /// <returns>Messages it found.</returns>
    public int JudgeByWaldump(Lsn from)
    {
        int count = 0;
        foreach (TestNode node in pair.Nodes)
        {
            string[] ours = [.. node.CommittedMessages(CampaignLoad.Prefix, from).Select(m => m.Content.Split(' ')[0])];
            HashSet<string> theirs = [.. WaldumpMessages.Read(node, from)];
            Assert.That(ours.Where(number => !theirs.Contains(number)), Is.Empty, $"pg_waldump does not find them on {node.Name}");
            count = ours.Length;
        }
        return count;
    }

    private static void JudgeNode(string name, List<(string Content, Lsn End)> messages, Dictionary<long, Lsn> acknowledged, HashSet<long> sent)
    {
        Dictionary<long, Lsn> places = [];
        long[] last = new long[CampaignLoad.Clients];
        Array.Fill(last, -1);
        foreach ((string content, Lsn end) in messages)
        {
            long number = long.Parse(content.Split(' ')[0]);
            int client = (int)(number % CampaignLoad.Clients);
            string? wrong = content != CampaignLoad.Content(number) ? "has other bytes than were sent"
                : !sent.Contains(number) ? "was not sent in this round"
                : !places.TryAdd(number, end) ? "is there twice"
                : number < last[client] ? $"comes after {last[client]} of the same client"
                : null;
            Assert.That(wrong, Is.Null, $"message {number} on {name} at {end}");
            last[client] = number;
        }
        Assert.That(acknowledged.Keys.Where(number => !places.ContainsKey(number)).Order(), Is.Empty, $"acknowledged and not on the disk of {name}");
        Assert.That(acknowledged.Where(answer => places[answer.Key] != answer.Value), Is.Empty, $"elsewhere on {name} than answered");
    }

    /// <summary>Compares pg_wal of both, along the newest timeline, byte for byte.</summary>
    /// <returns>The first difference; null: none.</returns>
    private string? Difference(Lsn from, Lsn end)
    {
        TimelineId[] timelines = [.. pair.Nodes.Select(node => node.Control.Checkpoint.Timeline).Distinct()];
        TimelineId newest = timelines.Max();
        for (WalSegment segment = WalSegment.Containing(from, newest, CampaignPair.SegmentSize); segment.Start(CampaignPair.SegmentSize) < end; segment = segment.Next)
        {
            string name = segment.FileName(CampaignPair.SegmentSize);
            int length = (int)Math.Min(CampaignPair.SegmentSize, end.BytesSince(segment.Start(CampaignPair.SegmentSize)));
            byte[]?[] bytes = [.. pair.Nodes.Select(node => Path.Combine(node.Data.Wal, name)).Select(path => File.Exists(path) ? File.ReadAllBytes(path) : null)];
            if (bytes is not [{ } one, { } other])
                continue; // of the timeline before; the messages in it were compared
            int same = one.AsSpan(0, length).CommonPrefixLength(other.AsSpan(0, length));
            if (same < length)
                return $"{name} differs at {segment.Start(CampaignPair.SegmentSize) + (ulong)same}";
        }
        return null;
    }
}
