using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Nodes;

/// <summary>Who an upstream is: IDENTIFY_SYSTEM, its timeline history files, its segment size.</summary>
/// <param name="Timeline">The newest; what it writes or replays.</param>
/// <param name="End">Its flush (or replay) position.</param>
/// <param name="HistoryFiles">The text of every history file of its lineage, timeline 1 has none.</param>
/// <param name="SegmentSize">Bytes.</param>
/// <param name="VersionNumber">server_version_num.</param>
/// <param name="Version">server_version.</param>
internal sealed record UpstreamIdentity(
    ulong SystemId, TimelineId Timeline, Lsn End, IReadOnlyDictionary<TimelineId, byte[]> HistoryFiles, int SegmentSize, int VersionNumber, string Version)
{
    internal TimelineHistory History =>
        HistoryFiles.TryGetValue(Timeline, out byte[]? text) ? TimelineHistory.Parse(Timeline, text) : TimelineHistory.Single(Timeline);

    /// <exception cref="PgException">55000: it is another cluster than the node's.</exception>
    internal void MustBe(ulong systemId, int segmentSize)
    {
        if (SystemId != systemId)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "database system identifier differs between the primary and standby",
                $"The primary's identifier is {SystemId}, the standby's identifier is {systemId}.");
        if (SegmentSize != segmentSize)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "WAL segment size differs between the primary and standby",
                $"The primary's is {SegmentSize} bytes, the standby's is {segmentSize} bytes.");
    }
}

/// <summary>Asks an upstream, by SQL and by replication commands, what a standby of it must know.</summary>
internal static class UpstreamNode
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <summary>Its identity, over a replication connection.</summary>
    /// <exception cref="PgException">Not reachable, not allowed, or not a PostgreSQL we understand.</exception>
    internal static UpstreamIdentity Identify(string conninfo)
    {
        using PgClient client = Connect(Conninfo.With(conninfo, "replication", "true"));
        ulong systemId;
        TimelineId timeline;
        Lsn end;
        using (PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM", AnswerLimit))
        {
            if (system.Rows != 1 || system.Columns < 3)
                throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server", $"Could not identify system: got {system.Rows} rows and {system.Columns} fields, expected 1 rows and 3 or more fields.");
            systemId = ulong.Parse(system.Value(0, 0)!, CultureInfo.InvariantCulture);
            timeline = new TimelineId(uint.Parse(system.Value(0, 1)!, CultureInfo.InvariantCulture));
            end = Lsn.Parse(system.Value(0, 2));
        }
        int segmentSize;
        using (PgResult size = client.QueryOrThrow("SHOW wal_segment_size", AnswerLimit))
            segmentSize = ParseSegmentSize(size.Value(0, 0)!);

        var files = new Dictionary<TimelineId, byte[]>();
        if (timeline > TimelineId.First)
        {
            byte[] newest = FetchHistory(client, timeline);
            files[timeline] = newest;
            foreach (TimelineHistory.Entry entry in TimelineHistory.Parse(timeline, newest).Entries)
            {
                if (entry.Timeline != timeline && entry.Timeline > TimelineId.First)
                    files[entry.Timeline] = FetchHistory(client, entry.Timeline);
            }
        }
        return new UpstreamIdentity(systemId, timeline, end, files, segmentSize, client.ServerVersion, client.Parameter("server_version") ?? "");
    }

    /// <summary>Where its last checkpoint lies and what the record holds, over an ordinary connection.</summary>
    internal static (Lsn Location, Checkpoint Checkpoint) ReadCheckpoint(string conninfo)
    {
        if (Conninfo.ValueOf(conninfo, "dbname") is null)
            conninfo = Conninfo.With(conninfo, "dbname", "postgres");
        using PgClient client = Connect(conninfo);
        using PgResult row = client.QueryOrThrow("SELECT * FROM pg_control_checkpoint()", AnswerLimit);
        if (row.Rows != 1)
            throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server", $"Expected one row of pg_control_checkpoint(), got {row.Rows}.");
        return (Lsn.Parse(Text("checkpoint_lsn")), new Checkpoint(
            Redo: Lsn.Parse(Text("redo_lsn")),
            Timeline: new TimelineId(Number("timeline_id")),
            PreviousTimeline: new TimelineId(Number("prev_timeline_id")),
            FullPageWrites: Text("full_page_writes") is "t" or "true" or "on",
            NextXid: ParseFullXid(Text("next_xid")),
            NextOid: Number("next_oid"),
            NextMulti: Number("next_multixact_id"),
            NextMultiOffset: Number("next_multi_offset"),
            OldestXid: Number("oldest_xid"),
            OldestXidDatabase: Number("oldest_xid_dbid"),
            OldestMulti: Number("oldest_multi_xid"),
            OldestMultiDatabase: Number("oldest_multi_dbid"),
            Time: ParseTime(Text("checkpoint_time")),
            OldestCommitTimestampXid: Number("oldest_commit_ts_xid"),
            NewestCommitTimestampXid: Number("newest_commit_ts_xid"),
            OldestActiveXid: Number("oldest_active_xid")));

        string Text(string column) => row.Value(0, column) ?? "";
        uint Number(string column) => uint.TryParse(Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server", $"Column {column} of pg_control_checkpoint() holds \"{Text(column)}\".");
    }

    /// <summary>Its WAL of a timeline from a position on: what the first message of a stream brings.</summary>
    /// <returns><see langword="null"/>: it has that no more (58P01).</returns>
    /// <exception cref="PgException">It does not answer, or refuses for another reason.</exception>
    internal static byte[]? ReadWal(string conninfo, TimelineId timeline, Lsn position)
    {
        const int header = 1 + 3 * 8; // 'w', start, end, time
        using PgClient client = Connect(Conninfo.With(conninfo, "replication", "true"));
        using PgResult started = client.Query($"START_REPLICATION {position} TIMELINE {timeline}", AnswerLimit);
        if (started.IsError)
            return started.ErrorSqlState == SqlStates.UndefinedFile ? null : throw started.ToException();
        long deadline = Environment.TickCount64 + (long)AnswerLimit.TotalMilliseconds;
        while (true)
        {
            switch (client.TryGetCopyData(out ReadOnlySpan<byte> message))
            {
                case CopyReadStatus.Data when message.Length > header && message[0] == (byte)'w':
                    return message[header..].ToArray();
                case CopyReadStatus.Data:
                    continue;
                case CopyReadStatus.WouldBlock when client.WaitForInput(TimeSpan.FromMilliseconds(Math.Max(0, deadline - Environment.TickCount64))) && client.ConsumeInput():
                    continue;
                default:
                    throw new PgException(SqlStates.ConnectionFailure, $"could not receive data from WAL stream: {client.ErrorMessage}");
            }
        }
    }

    /// <exception cref="PgException">08006, <c>could not connect to the primary server: …</c>.</exception>
    internal static PgClient Connect(string conninfo)
    {
        try
        {
            return PgClient.Connect(conninfo, ConnectLimit);
        }
        catch (PgException e) when (e.SqlState == SqlStates.ConnectionFailure)
        {
            throw new PgException(e.SqlState, $"could not connect to the primary server: {e.Message}", inner: e);
        }
    }

    private static byte[] FetchHistory(PgClient client, TimelineId timeline)
    {
        using PgResult file = client.QueryOrThrow($"TIMELINE_HISTORY {timeline}", AnswerLimit);
        string expected = TimelineHistory.FileName(timeline);
        if (file.Rows != 1 || file.Columns != 2 || file.Value(0, 0) != expected)
            throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server", $"Expected timeline history file {expected}.");
        return file.Bytes(0, 1);
    }

    /// <summary>As SHOW prints it: 16MB, 1GB.</summary>
    private static int ParseSegmentSize(string text)
    {
        (string digits, long unit) = text switch
        {
            [.. string number, 'G', 'B'] => (number, 1L << 30),
            [.. string number, 'M', 'B'] => (number, 1L << 20),
            _ => (text, 1L),
        };
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && WalFormat.IsValidSegmentSize(count * unit))
            return (int)(count * unit);
        throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server", $"wal_segment_size is \"{text}\".");
    }

    /// <summary>Epoch and xid: <c>0:731</c>.</summary>
    private static ulong ParseFullXid(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0
            && uint.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out uint epoch)
            && uint.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint xid))
            return (ulong)epoch << 32 | xid;
        throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server", $"next_xid is \"{text}\".");
    }

    /// <summary>ISO date style with a numeric zone; what cannot be read is no reason to fail, the time is for people.</summary>
    private static long ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time.ToUnixTimeSeconds() : 0;
}
