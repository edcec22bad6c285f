using System.Diagnostics;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Benchmarks;

/// <summary>Clients of one server that commit the same again and again, connected all the time; SIGSTOP holds them while it is not their turn.</summary>
/// <remarks>So no turn begins with new sessions, and turns may be short: a disk's speed changes from minute to minute. Commits are counted by the WAL that they make.</remarks>
internal sealed class HeldLoad : IDisposable
{
    private const int CountedEach = 500;    // commits per client, to learn how much WAL one makes
    private const double SettleSeconds = 0.2;

    private readonly string _conninfo;
    private readonly DiskFlushes _flushes;
    private readonly RunningProgram _clients;
    private readonly double _bytesPerCommit;

    /// <param name="script">File with what one commit is; each must make as much WAL as the others.</param>
    public HeldLoad(string conninfo, int clients, string script, DiskFlushes flushes)
    {
        (_conninfo, _flushes) = (conninfo, flushes);
        Lsn before = Inserted();
        PgBench.Count(conninfo, clients, CountedEach, "-f", script);
        _bytesPerCommit = (double)Inserted().BytesSince(before) / (clients * CountedEach);
        _clients = new RunningProgram(PostgresTools.Find("pgbench"), "-n", "-c", $"{clients}", "-j", "1", "-T", "86400", "-f", script, conninfo);
        _ = Timing.Until(() => Inserted().BytesSince(before) > 2 * clients * CountedEach * _bytesPerCommit);
        Hold();
    }

    /// <summary>They commit for so long.</summary>
    /// <returns>Commits per second, and per flush of the disk.</returns>
    public double[] Turn(double seconds)
    {
        ProcessCalls.Kill(_clients.Pid, Signal.SIGCONT);
        Timing.Pass(SettleSeconds);
        (Lsn from, long flushesBefore, long began) = (Inserted(), _flushes.Count(), Stopwatch.GetTimestamp());
        Timing.Pass(seconds);
        (Lsn to, long flushesAfter, TimeSpan took) = (Inserted(), _flushes.Count(), Stopwatch.GetElapsedTime(began));
        Hold();
        if (_clients.HasExited)
            throw new InvalidOperationException(_clients.Output);
        double commits = to.BytesSince(from) / _bytesPerCommit;
        return [commits / took.TotalSeconds, commits / Math.Max(1, flushesAfter - flushesBefore)];
    }

    public void Dispose() => _clients.Dispose();

    private void Hold() => ProcessCalls.Kill(_clients.Pid, Signal.SIGSTOP);

    private Lsn Inserted() => Lsn.Parse(Sql.Ask(_conninfo, "SELECT pg_current_wal_insert_lsn()"));
}
