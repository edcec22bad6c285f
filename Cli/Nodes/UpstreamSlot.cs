using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Nodes;

/// <summary>The physical replication slot on an upstream that a node in the making will stream through; one that was made for it is dropped again unless <see cref="Keep"/> is called.</summary>
/// <remarks>Answers to pg_basebackup's --slot and --create-slot, PostgreSQL 15, and READ_REPLICATION_SLOT, which older majors do not have.</remarks>
internal sealed class UpstreamSlot : IDisposable
{
    private const int MajorWithRead = 15;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private readonly string _conninfo;
    private readonly string _name;
    private bool _dropAtEnd;

    /// <param name="conninfo">Of the upstream.</param>
    /// <param name="create">It is not there yet; what is made reserves WAL at once.</param>
    /// <exception cref="PgException">42602, 42622 a bad name; 42704 no such slot; 55000 it is a logical one; what the upstream says when it cannot make it.</exception>
    internal UpstreamSlot(string conninfo, string name, bool create)
    {
        ReplicationSlotName.Validate(name); // so that it needs no quotes
        _conninfo = Conninfo.With(conninfo, "replication", "true");
        _name = name;
        using PgClient client = UpstreamNode.Connect(_conninfo);
        if (create)
        {
            client.QueryOrThrow($"CREATE_REPLICATION_SLOT {name} PHYSICAL RESERVE_WAL", AnswerLimit).Dispose();
            _dropAtEnd = true;
        }
        try
        {
            Restart = client.ServerVersion / 10_000 >= MajorWithRead ? Read(client, name) : AskView(conninfo, name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The upstream keeps WAL from here on; invalid: it keeps none for the slot yet.</summary>
    internal Lsn Restart { get; }

    internal void Keep() => _dropAtEnd = false;

    public void Dispose()
    {
        if (!_dropAtEnd)
            return;
        _dropAtEnd = false;
        try
        {
            using PgClient client = UpstreamNode.Connect(_conninfo);
            client.Query($"DROP_REPLICATION_SLOT {_name}").Dispose();
        }
        catch (PgException)
        {
            // What stopped us is the error to tell, and it may well be the same.
        }
    }

    private static Lsn Read(PgClient client, string name)
    {
        using PgResult slot = client.QueryOrThrow($"READ_REPLICATION_SLOT {name}", AnswerLimit);
        if (slot.Rows != 1 || slot.Value(0, "slot_type") is null)
            throw DoesNotExist(name);
        return Position(slot.Value(0, "restart_lsn"));
    }

    private static Lsn AskView(string conninfo, string name)
    {
        if (Conninfo.ValueOf(conninfo, "dbname") is null)
            conninfo = Conninfo.With(conninfo, "dbname", "postgres");
        using PgClient client = UpstreamNode.Connect(conninfo);
        using PgResult slot = client.QueryOrThrow($"SELECT slot_type, restart_lsn FROM pg_catalog.pg_replication_slots WHERE slot_name = '{name}'", AnswerLimit);
        if (slot.Rows != 1)
            throw DoesNotExist(name);
        if (slot.Value(0, "slot_type") != "physical")
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "cannot use a logical replication slot for physical replication");
        return Position(slot.Value(0, "restart_lsn"));
    }

    private static Lsn Position(string? text) => text is null ? Lsn.Invalid : Lsn.Parse(text);

    private static PgException DoesNotExist(string name) => new(SqlStates.UndefinedObject, $"replication slot \"{name}\" does not exist",
        hint: "Add --create-slot to have it made on the upstream server.");
}
