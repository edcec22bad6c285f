using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

internal sealed partial class Upstream
{
    /// <exception cref="PgException">08P01 with PostgreSQL's words when the answer is not one.</exception>
    public (ulong SystemId, TimelineId Timeline) IdentifySystem()
    {
        using PgResult result = Query("IDENTIFY_SYSTEM");
        if (result.Status != PgResultStatus.TuplesOk)
            throw Failed("could not receive database system identifier and timeline ID from the primary server", result);
        if (result.Columns < 3 || result.Rows != 1)
            throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server",
                $"Could not identify system: got {result.Rows} rows and {result.Columns} fields, expected 1 rows and 3 or more fields.");
        if (!ulong.TryParse(result.Value(0, 0), NumberStyles.None, CultureInfo.InvariantCulture, out ulong systemId)
            || !TryParseTimeline(result.Value(0, 1), out TimelineId timeline))
            throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server",
                $"Could not identify system: \"{result.Value(0, 0)}\", timeline \"{result.Value(0, 1)}\".");
        return (systemId, timeline);
    }

    /// <summary>Value of a setting there, for sessions that do not set it themselves.</summary>
    public string Show(string setting)
    {
        using PgResult result = Query($"SHOW {setting}");
        return result is { Status: PgResultStatus.TuplesOk, Rows: 1 } && result.Value(0, 0) is { } value ? value : throw Failed($"could not read setting \"{setting}\" of the primary server", result);
    }

    /// <returns>The file's bytes.</returns>
    public byte[] ReadTimelineHistory(TimelineId timeline)
    {
        using PgResult result = Query($"TIMELINE_HISTORY {timeline}");
        if (result.Status != PgResultStatus.TuplesOk)
            throw Failed("could not receive timeline history file from the primary server", result);
        if (result.Columns != 2 || result.Rows != 1)
            throw new PgException(SqlStates.ProtocolViolation, "invalid response from primary server",
                $"Expected 1 tuple with 2 fields, got {result.Rows} tuples with {result.Columns} fields.");
        if (result.Value(0, 0) != TimelineHistory.FileName(timeline))
            throw new PgException(SqlStates.ProtocolViolation, $"primary reported unexpected file name for timeline history file of timeline {timeline}");
        return result.Bytes(0, 1);
    }

    /// <returns>False: the timeline has no more WAL; nothing is streamed.</returns>
    /// <exception cref="WalRemovedException">PostgreSQL says so later, when the stream has begun.</exception>
    public bool StartStreaming(string slot, Lsn start, TimelineId timeline)
    {
        string quoted = slot.Length > 0 ? $"SLOT \"{slot.Replace("\"", "\"\"", StringComparison.Ordinal)}\" " : "";
        using PgResult result = Query($"START_REPLICATION {quoted}{start} TIMELINE {timeline}");
        return result.Status switch
        {
            PgResultStatus.CommandOk or PgResultStatus.TuplesOk => false,
            PgResultStatus.CopyBoth => true,
            _ => throw Removed(result, Failed("could not start WAL streaming", result, WhatToDo(result.ErrorMessage))),
        };
    }

    /// <summary>Ends the COPY from our side too; the server's end must have been received.</summary>
    /// <returns>The timeline that comes next; zero: the server did not say.</returns>
    public TimelineId EndStreaming()
    {
        try
        {
            while (!_client.PutCopyEnd())
                Wait(PollEvents.Readable | PollEvents.Writable);
        }
        catch (PgException error)
        {
            throw new PgException(SqlStates.ConnectionFailure, $"could not send end-of-streaming message to primary: {error.Message}", inner: error);
        }
        TimelineId next = default;
        while (NextResult() is { } result)
        {
            using (result)
            {
                if (result.Status == PgResultStatus.TuplesOk)
                {
                    if (result.Columns < 2 || result.Rows != 1 || !TryParseTimeline(result.Value(0, 0), out next))
                        throw new PgException(SqlStates.ProtocolViolation, "unexpected result set after end-of-streaming");
                }
                else if (result.Status != PgResultStatus.CommandOk)
                {
                    throw Failed("error reading result of streaming command", result);
                }
            }
        }
        return next;
    }

    /// <summary>Sends a command and waits for its last result, the first error, or the start of a COPY.</summary>
    private PgResult Query(string command)
    {
        if (!_client.SendQuery(command))
            throw new PgException(SqlStates.ConnectionFailure, $"could not send a command to the primary server: {_client.ErrorMessage}");
        PgResult? last = null;
        while (NextResult() is { } result)
        {
            last?.Dispose();
            last = result;
            if (result.IsCopy || !_client.IsAlive)
                break;
        }
        return last ?? throw new PgException(SqlStates.ConnectionFailure, $"no answer from the primary server: {_client.ErrorMessage}");
    }

    private PgResult? NextResult()
    {
        while (_client.Flush() == 1)
        {
            Wait(PollEvents.Readable | PollEvents.Writable);
            if (!_client.ConsumeInput())
                break;
        }
        while (_client.IsBusy)
        {
            Wait(PollEvents.Readable);
            if (!_client.ConsumeInput())
                break; // GetResult makes the error result
        }
        return _client.GetResult();
    }

    private static bool TryParseTimeline(string? text, out TimelineId timeline)
    {
        bool good = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) && value != 0;
        timeline = new TimelineId(good ? value : 0);
        return good;
    }

    private static Exception Removed(PgResult result, PgException error) =>
        result.ErrorSqlState == SqlStates.UndefinedFile ? new WalRemovedException(result.ErrorMessage, error) : error;

    /// <summary>What the server's words mean for us; a server that speaks another language has no hint.</summary>
    private static string? WhatToDo(string words)
    {
        if (words.Contains("is not in this server's history", StringComparison.Ordinal))
            return "This node has WAL that upstream does not have: stop it and use \"pgrepl rejoin\" to set that aside and follow upstream.";
        if (words.Contains("is ahead of the WAL flush position", StringComparison.Ordinal))
            return "Upstream ends before this node: it is behind, or was restored from an old backup. In the latter case it must not write on: decide which of the two counts.";
        return null;
    }

    private PgException Failed(string what, PgResult result, string? hint = null)
    {
        string why = result.IsError ? result.ErrorMessage : _client.ErrorMessage;
        return new PgException(SqlStates.ProtocolViolation, $"{what}: {(why.Length > 0 ? why : result.Status.ToString())}", result.ErrorDetail, hint ?? result.ErrorHint);
    }
}
