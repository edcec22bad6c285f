using Pgrepl.Shared;

namespace Pgrepl.WalSender.Replication;

// CREATE_REPLICATION_SLOT and its options. Source of truth: create_replication_slot and generic_option in repl_gram.y, parseCreateReplSlotOptions in
// walsender.c, defGetBoolean in src/backend/commands/define.c, PostgreSQL 15.
internal ref partial struct ReplicationCommandParser
{
    /// <summary>Not the names of anything unless quoted, in capitals.</summary>
    private static readonly string[] Keywords =
    [
        "BASE_BACKUP", "CREATE_REPLICATION_SLOT", "DROP_REPLICATION_SLOT", "EXPORT_SNAPSHOT", "IDENTIFY_SYSTEM", "LOGICAL", "NOEXPORT_SNAPSHOT", "PHYSICAL",
        "READ_REPLICATION_SLOT", "RESERVE_WAL", "SHOW", "SLOT", "START_REPLICATION", "TEMPORARY", "TIMELINE", "TIMELINE_HISTORY", "TWO_PHASE", "USE_SNAPSHOT", "WAIT",
    ];

    private string Identifier() => !_token.Quoted && Array.IndexOf(Keywords, _token.Text) >= 0
        ? throw new PgException(SqlStates.SyntaxError, "syntax error")
        : Expect(ReplicationTokenKind.Word).ToLowerIfBare();

    private CreatePhysicalSlotCommand CreateReplicationSlot()
    {
        string name = Identifier();
        bool temporary = AcceptWord("TEMPORARY");
        bool logical = AcceptWord("LOGICAL");
        if (logical)
            Identifier(); // the plugin
        else if (!AcceptWord("PHYSICAL"))
            throw new PgException(SqlStates.SyntaxError, "syntax error");
        bool reserve = ReserveWal(logical);
        return logical ? throw NotHere("logical decoding is") : new(name, temporary, reserve);
    }

    private bool ReserveWal(bool logical)
    {
        bool reserve = false, given = false, parenthesised = _major.ReadsSlots && Accept("(");
        while (parenthesised || _token.Kind == ReplicationTokenKind.Word)
        {
            string option = Expect(ReplicationTokenKind.Word).ToLowerIfBare();
            if (!parenthesised)
                option = option switch
                {
                    "export_snapshot" or "noexport_snapshot" or "use_snapshot" => "snapshot",
                    "reserve_wal" or "two_phase" => option,
                    _ => throw new PgException(SqlStates.SyntaxError, "syntax error"),
                };
            ReplicationToken? value = parenthesised && _token.Kind is ReplicationTokenKind.Word or ReplicationTokenKind.Literal or ReplicationTokenKind.Number ? _token : null;
            if (value is not null)
                Advance();
            if (option is not ("snapshot" or "reserve_wal" or "two_phase"))
                throw new PgException(SqlStates.InternalError, $"unrecognized option: {option}");
            if (logical == (option == "reserve_wal") || (given && !logical))
                throw new PgException(SqlStates.SyntaxError, "conflicting or redundant options");
            given = true;
            if (!logical)
                reserve = Boolean(option, value);
            if (parenthesised && !Accept(","))
                break;
        }
        if (parenthesised && !Accept(")"))
            throw new PgException(SqlStates.SyntaxError, "syntax error");
        return reserve;
    }

    private static bool Boolean(string option, ReplicationToken? value) => value is not { } given ? true : (given.Kind, given.ToLowerIfBare().ToLowerInvariant()) switch
    {
        (ReplicationTokenKind.Number, "1") or (not ReplicationTokenKind.Number, "true" or "on") => true,
        (ReplicationTokenKind.Number, "0") or (not ReplicationTokenKind.Number, "false" or "off") => false,
        _ => throw new PgException(SqlStates.SyntaxError, $"{option} requires a Boolean value"),
    };
}
