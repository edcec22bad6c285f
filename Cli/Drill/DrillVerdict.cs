using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>Every acknowledged number accounted for, by what lies on disk and nothing else.</summary>
/// <param name="Acknowledged">How many answers there were.</param>
/// <param name="FoundOnA">Acknowledged numbers found on a, at least once.</param>
/// <param name="FoundOnB">The same on b.</param>
/// <param name="Lost">Acknowledged, but not on b, which carries on: ascending.</param>
/// <param name="SetAside">Those of <paramref name="Lost"/> that lie in what a's rejoin put aside.</param>
/// <param name="MissingOnA">Acknowledged and on b, but not on a.</param>
/// <param name="Twice">Numbers found more than once on one node.</param>
/// <param name="OutOfOrder">Numbers of a client that lie before a smaller number of that client, on b.</param>
/// <param name="Misplaced">Acknowledged numbers that b has at another position than the answer said.</param>
/// <param name="UnknownFound">Numbers without an answer that are on b nevertheless: allowed.</param>
/// <param name="Ok">The drill is passed.</param>
internal sealed record DrillVerdict(
    int Acknowledged,
    int FoundOnA,
    int FoundOnB,
    IReadOnlyList<long> Lost,
    IReadOnlyList<long> SetAside,
    IReadOnlyList<long> MissingOnA,
    IReadOnlyList<long> Twice,
    IReadOnlyList<long> OutOfOrder,
    IReadOnlyList<long> Misplaced,
    int UnknownFound,
    bool Ok)
{
    /// <param name="acknowledged">From the clients; a number that never reached a disk must come out as lost.</param>
    /// <param name="unknown">Sent, never answered.</param>
    /// <param name="onA">What a fresh reader found in a's WAL.</param>
    /// <param name="onB">The same of b, the node that was promoted.</param>
    /// <param name="aside">What a's rejoin put aside.</param>
    internal static DrillVerdict Judge(
        DrillOptions options,
        IReadOnlyList<Acknowledgement> acknowledged,
        IReadOnlyList<long> unknown,
        IReadOnlyList<FoundMessage> onA,
        IReadOnlyList<FoundMessage> onB,
        IReadOnlyList<FoundMessage> aside)
    {
        HashSet<long> a = Numbers(onA), b = Numbers(onB), kept = Numbers(aside);
        long[] numbers = [.. acknowledged.Select(answer => answer.Number).Distinct().Order()];
        long[] lost = [.. numbers.Where(number => !b.Contains(number))];
        long[] setAside = [.. lost.Where(kept.Contains)];
        long[] missingOnA = [.. numbers.Where(number => b.Contains(number) && !a.Contains(number))];
        long[] twice = [.. Repeated(onA).Union(Repeated(onB)).Order()];
        long[] outOfOrder = [.. OutOfOrderNumbers(onB, options.Clients)];
        var places = new Dictionary<long, Lsn>();
        foreach (FoundMessage found in onB)
            places.TryAdd(found.Number, found.End);
        long[] misplaced = [.. acknowledged.Where(answer => places.TryGetValue(answer.Number, out Lsn end) && end != answer.Position).Select(answer => answer.Number).Order()];

        // What is lost must at least be explained: it lies where the old primary wrote it.
        bool bearable = lost.Length == setAside.Length && lost.Length <= options.MostLost;
        bool ok = bearable && missingOnA.Length == 0 && twice.Length == 0 && outOfOrder.Length == 0 && misplaced.Length == 0
            && numbers.Length == acknowledged.Count && numbers.Length > 0;
        return new DrillVerdict(acknowledged.Count, numbers.Count(a.Contains), numbers.Count(b.Contains), lost, setAside, missingOnA, twice, outOfOrder, misplaced,
            unknown.Count(b.Contains), ok);
    }

    private static HashSet<long> Numbers(IReadOnlyList<FoundMessage> messages) => [.. messages.Select(message => message.Number)];

    private static IEnumerable<long> Repeated(IReadOnlyList<FoundMessage> messages) =>
        messages.GroupBy(message => message.Number).Where(group => group.Count() > 1).Select(group => group.Key);

    private static IEnumerable<long> OutOfOrderNumbers(IReadOnlyList<FoundMessage> messages, int clients)
    {
        var highest = new Dictionary<long, long>();
        foreach (FoundMessage message in messages)
        {
            long client = message.Number % clients;
            if (highest.TryGetValue(client, out long before) && message.Number < before)
                yield return message.Number;
            else
                highest[client] = message.Number;
        }
    }
}
