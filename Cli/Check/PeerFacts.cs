using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Check;

/// <summary>What one of pgrepl.peers says of itself.</summary>
/// <param name="Error">Why it said nothing, without secrets; the rest means nothing then.</param>
internal sealed record PeerFacts(string Name, ulong SystemId, TimelineId Timeline, string? Error);

/// <summary>Asks the peers as a start as primary does, all at once.</summary>
internal static class PeerQuestions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    internal static IReadOnlyList<PeerFacts> Ask(IReadOnlyList<string> conninfos) =>
        PgLibrary.LibpqMissing() is { } missing
            ? [.. conninfos.Select(_ => new PeerFacts("", 0, default, missing))]
            : [.. conninfos.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Clamp(conninfos.Count, 1, 32)).Select(Ask)];

    private static PeerFacts Ask(string conninfo)
    {
        try
        {
            string name = Conninfo.ServerOf(conninfo);
            using PgClient client = PgClient.Connect(Conninfo.With(Conninfo.With(conninfo, "application_name", "pgrepl check"), "replication", "true"), Patience);
            using PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM", Patience);
            return new PeerFacts(name, ulong.Parse(system.Value(0, "systemid")!, CultureInfo.InvariantCulture),
                new TimelineId(uint.Parse(system.Value(0, "timeline")!, CultureInfo.InvariantCulture)), null);
        }
        catch (PgException e)
        {
            return new PeerFacts("", 0, default, SecretText.Mask(e.Message.ReplaceLineEndings(" ")));
        }
    }
}
