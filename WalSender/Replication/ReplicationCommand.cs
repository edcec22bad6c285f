using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>A command of the replication protocol, parsed.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/replication/repl_gram.y and chapter 55.4 of its documentation.</remarks>
internal abstract record ReplicationCommand
{
    /// <summary>The tag of its CommandComplete.</summary>
    public abstract string Tag { get; }
}

/// <summary><c>IDENTIFY_SYSTEM</c></summary>
internal sealed record IdentifySystemCommand : ReplicationCommand
{
    public override string Tag => "IDENTIFY_SYSTEM";
}

/// <summary><c>SHOW name</c></summary>
/// <param name="Name">Folded to lower case; parts joined by dots.</param>
internal sealed record ShowCommand(string Name) : ReplicationCommand
{
    public override string Tag => "SHOW";
}

/// <summary><c>TIMELINE_HISTORY n</c></summary>
internal sealed record TimelineHistoryCommand(TimelineId Timeline) : ReplicationCommand
{
    public override string Tag => "TIMELINE_HISTORY";
}

/// <summary><c>START_REPLICATION [SLOT name] [PHYSICAL] X/X [TIMELINE n]</c></summary>
/// <param name="Timeline">Zero: the server's current one.</param>
internal sealed record StartPhysicalReplicationCommand(string? Slot, Lsn Start, TimelineId Timeline) : ReplicationCommand
{
    public override string Tag => "START_REPLICATION";
}

/// <summary><c>CREATE_REPLICATION_SLOT name [TEMPORARY] PHYSICAL [RESERVE_WAL | (RESERVE_WAL [boolean])]</c>, parentheses from 15 on</summary>
internal sealed record CreatePhysicalSlotCommand(string Name, bool Temporary, bool ReserveWal) : ReplicationCommand
{
    public override string Tag => "CREATE_REPLICATION_SLOT";
}

/// <summary><c>DROP_REPLICATION_SLOT name [WAIT]</c></summary>
/// <param name="Wait">Until whoever uses it has released it.</param>
internal sealed record DropReplicationSlotCommand(string Name, bool Wait) : ReplicationCommand
{
    public override string Tag => "DROP_REPLICATION_SLOT";
}

/// <summary><c>READ_REPLICATION_SLOT name</c>, 15 on</summary>
internal sealed record ReadReplicationSlotCommand(string Name) : ReplicationCommand
{
    public override string Tag => "READ_REPLICATION_SLOT";
}
