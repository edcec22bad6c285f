using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Check;

/// <summary>What upstream says of itself to the node's own user.</summary>
/// <param name="VersionNumber">server_version_num.</param>
/// <param name="Slot">Of primary_slot_name; <see langword="null"/>: it was not asked for, or could not be (<paramref name="SlotError"/>).</param>
/// <param name="ClockDifference">Its clock minus ours, microseconds.</param>
/// <param name="ClockError">Why it is not known.</param>
internal sealed record UpstreamFacts(
    int VersionNumber, string Version, ulong SystemId, TimelineId Timeline, SlotFact? Slot, string? SlotError, long? ClockDifference, string? ClockError);

/// <param name="WalStatus">reserved, extended, unreserved, lost; <see langword="null"/>: none is kept yet, or that major does not say.</param>
internal sealed record SlotFact(bool Exists, string? WalStatus, bool Active);

/// <summary>Asks upstream over a replication connection, as walreceiver does, and over an ordinary one, which may be refused: then the rest is still told.</summary>
internal static class UpstreamQuestions
{
    private const int MajorWithWalStatus = 13, MajorWithReadSlot = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="PgException">08006 and others: not reachable, or walreceiver would not be let in.</exception>
    internal static UpstreamFacts Ask(string conninfo, string slot)
    {
        if (slot.Length > 0)
            ReplicationSlotName.Validate(slot); // so that it needs no quotes
        conninfo = Conninfo.With(conninfo, "application_name", "pgrepl check");
        using PgClient replication = PgClient.Connect(Conninfo.With(Conninfo.With(conninfo, "replication", "true"), "dbname", "replication"), Patience);
        ulong systemId;
        TimelineId timeline;
        using (PgResult system = replication.QueryOrThrow("IDENTIFY_SYSTEM", Patience))
        {
            systemId = ulong.Parse(system.Value(0, "systemid")!, CultureInfo.InvariantCulture);
            timeline = new TimelineId(uint.Parse(system.Value(0, "timeline")!, CultureInfo.InvariantCulture));
        }
        int major = replication.ServerVersion / 10_000;
        SlotFact? fact = null;
        string? slotError = null, clockError = null;
        long? clock = null;
        try
        {
            using PgClient sql = PgClient.Connect(Conninfo.ValueOf(conninfo, "dbname") is null ? Conninfo.With(conninfo, "dbname", "postgres") : conninfo, Patience);
            clock = ClockDifference(sql);
            fact = slot.Length > 0 ? ReadSlot(sql, slot, major) : null;
        }
        catch (PgException e)
        {
            slotError = clockError = e.Message.ReplaceLineEndings(" ");
            if (slot.Length > 0 && major >= MajorWithReadSlot)
                (fact, slotError) = (ReadSlot(replication, slot), null);
        }
        return new UpstreamFacts(replication.ServerVersion, replication.Parameter("server_version") ?? "", systemId, timeline, fact, slotError, clock, clockError);
    }

    /// <summary>The middle of question and answer is when it looked at its clock.</summary>
    private static long ClockDifference(PgClient client)
    {
        long before = PgTime.Now(), start = MonotonicTime.Microseconds;
        using PgResult answer = client.QueryOrThrow("SELECT extract(epoch FROM clock_timestamp())", Patience);
        long took = MonotonicTime.Microseconds - start;
        decimal epoch = decimal.Parse(answer.Value(0, 0)!, NumberStyles.Float, CultureInfo.InvariantCulture);
        return PgTime.FromUnixMicroseconds((long)(epoch * 1_000_000)) - (before + took / 2);
    }

    private static SlotFact ReadSlot(PgClient sql, string name, int major)
    {
        string status = major >= MajorWithWalStatus ? "wal_status" : "NULL";
        using PgResult slots = sql.QueryOrThrow($"SELECT {status}, active FROM pg_catalog.pg_replication_slots WHERE slot_name = '{name}'", Patience);
        return slots.Rows == 0 ? new SlotFact(false, null, false) : new SlotFact(true, slots.Value(0, 0), slots.Value(0, 1) == "t");
    }

    private static SlotFact ReadSlot(PgClient replication, string name)
    {
        using PgResult slot = replication.QueryOrThrow($"READ_REPLICATION_SLOT {name}", Patience);
        return new SlotFact(slot.Rows == 1 && slot.Value(0, "slot_type") is not null, null, false);
    }
}
