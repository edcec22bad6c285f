using System.Globalization;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>promoting.signal: a promotion has begun, with these numbers. Whoever finds it goes on with them and no others.</summary>
/// <param name="Parent">Timeline that ends.</param>
/// <param name="Timeline">Timeline that begins.</param>
/// <param name="SwitchPoint">End of the last record of the parent (E).</param>
/// <remarks>Text: <c>pgrepl promotion 1</c>, then <c>parent timeline switchpoint previous</c>. A file of ours; a torn one cannot be: it is renamed into place.</remarks>
internal sealed record PromotingSignal(TimelineId Parent, TimelineId Timeline, Lsn SwitchPoint)
{
    private const string Magic = "pgrepl promotion 1";

    /// <exception cref="PgException">XX001: it is there and not ours.</exception>
    public static PromotingSignal? TryRead(DataDirectory data)
    {
        if (DurableFile.TryRead(data.PromotingSignal) is not { } bytes)
            return null;
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        string[] fields = lines.Length > 1 ? lines[1].Split(' ') : [];
        if (lines[0] != Magic || fields.Length != 3
            || !uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint parent)
            || !uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint timeline)
            || !Lsn.TryParse(fields[2], out Lsn switchPoint) || timeline <= parent)
            throw new PgException(SqlStates.DataCorrupted, $"invalid data in file \"{data.PromotingSignal}\"");
        return new PromotingSignal(new TimelineId(parent), new TimelineId(timeline), switchPoint);
    }

    public void Store(DataDirectory data) =>
        DurableFile.Replace(data.PromotingSignal, Encoding.UTF8.GetBytes($"{Magic}\n{Parent} {Timeline} {SwitchPoint}\n"));
}
