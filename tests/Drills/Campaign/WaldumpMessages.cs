using System.Globalization;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>The numbers that PostgreSQL's pg_waldump finds in a node's pg_wal.</summary>
internal static class WaldumpMessages
{
    /// <summary>From a segment on: each timeline from its first segment to its last; a newer one begins with the older one's bytes.</summary>
    public static IEnumerable<string> Read(TestNode node, Lsn from)
    {
        ulong first = from.Value / CampaignPair.SegmentSize;
        IEnumerable<IGrouping<string, string>> timelines = Directory.GetFiles(node.Data.Wal).Select(path => Path.GetFileName(path)!)
            .Where(name => WalSegment.TryParse(name, CampaignPair.SegmentSize, out WalSegment segment) && segment.Number >= first).Order().GroupBy(name => name[..8]);
        foreach (IGrouping<string, string> timeline in timelines)
        {
            (_, string output, _) = Build.Run(PostgresTools.Find("pg_waldump"), ["-p", node.Data.Wal, "-r", "LogicalMessage", timeline.First(), timeline.Last()]);
            foreach (string line in output.Split('\n'))
                if (line.Contains($"prefix \"{CampaignLoad.Prefix}\"", StringComparison.Ordinal) && line.Split("payload (") is [_, string payload])
                    yield return Number(payload.Split(": ")[1]);
        }
    }

    /// <summary>The digits before the blank, from hexadecimal bytes.</summary>
    private static string Number(string hexadecimal) => string.Concat(hexadecimal.Split(' ').TakeWhile(x => x != "20").Select(x => (char)byte.Parse(x, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
}
