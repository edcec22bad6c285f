using Pgrepl.Shared.Processes;

namespace Pgrepl.Shared.Node;

/// <summary>A session that is about to flush its commit waits a moment for other commits: one fdatasync for all of them is less waiting than one behind the other.</summary>
/// <remarks>PostgreSQL's commit_delay (XLogFlush, 15) is a setting, 0 by default. Here the disk says how long, a quarter of its last fdatasync, and what earlier delays
/// have found says whether: a client that commits alone waits at every 32nd commit only. The processor is offered all the while; when it comes back late, somebody else has
/// work, and nobody may wait on our account.</remarks>
/// <param name="time">Its timestamps.</param>
internal sealed class CommitDelay(TimeProvider time)
{
    private const int Part = 4;
    private const int LongestMicroseconds = 100;

    private readonly long _longest = SpareProcessor.Timestamps(time, LongestMicroseconds);
    private readonly WaitCredit _credit = new(found: 3, lost: 1); // who comes saves a whole fdatasync, those who wait lose a quarter

    /// <summary>By the owner of WAL writing, before it looks at what is complete.</summary>
    /// <param name="lastSync">How long the last fdatasync took, in timestamps; 0: there was none.</param>
    /// <returns>Whether it has waited: then <see cref="Ended"/> wants to know what came of it.</returns>
    public bool Wait(long lastSync)
    {
        long length = Math.Min(lastSync / Part, _longest);
        if (length == 0 || !_credit.IsWorthWhile())
            return false;
        if (SpareProcessor.Wait(time, time.GetTimestamp(), length, static () => false))
            return true;
        _credit.Forfeit();
        return false;
    }

    /// <param name="othersCame">Somebody asked for a flush while we waited.</param>
    public void Ended(bool othersCame) => _credit.Ended(othersCame);
}
