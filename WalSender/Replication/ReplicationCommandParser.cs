using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>Reads replication commands. Keywords may be in any case, unlike PostgreSQL 15's, which wants capitals; and a slot's name that is too
/// long is refused, not cut: nobody gets another slot than the one asked for.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/replication/repl_gram.y and exec_replication_command in walsender.c.</remarks>
internal ref partial struct ReplicationCommandParser
{
    private ReplicationScanner _scanner;
    private readonly PostgresMajor _major;
    private ReplicationToken _token;

    private ReplicationCommandParser(string text, PostgresMajor major)
    {
        _major = major;
        _scanner = new ReplicationScanner(text);
        _token = _scanner.Next();
    }

    /// <summary>Reads the text of a Query message on a replication connection.</summary>
    /// <param name="physical">The connection has no database, so SQL has no place there.</param>
    /// <param name="major">Whose commands there are.</param>
    /// <returns><see langword="null"/>: no replication command but SQL, for the SQL session.</returns>
    /// <exception cref="PgException">42601 syntax error; 0A000 for a command this node does not know, or SQL where there is none.</exception>
    public static ReplicationCommand? Parse(string text, bool physical, PostgresMajor major)
    {
        var parser = new ReplicationCommandParser(text, major);
        if (parser._token is { Kind: ReplicationTokenKind.Word, Quoted: false })
        {
            ReplicationCommand? command = parser.Command();
            if (command is not null)
            {
                parser.Accept(";");
                parser.Expect(ReplicationTokenKind.End);
                return command;
            }
        }
        return physical
            ? throw new PgException(SqlStates.FeatureNotSupported, "cannot execute SQL commands in WAL sender for physical replication")
            : null;
    }

    /// <summary>What PostgreSQL answers to a message of the extended query protocol, or a function call, on a replication connection.</summary>
    public static PgException Forbidden(byte messageType) => new(SqlStates.ProtocolViolation, messageType == (byte)'F'
        ? "fastpath function calls not supported in a replication connection"
        : "extended query protocol not supported in a replication connection");

    private ReplicationCommand? Command()
    {
        switch (_token.Text.ToUpperInvariant())
        {
            case "IDENTIFY_SYSTEM":
                Advance();
                return new IdentifySystemCommand();
            case "SHOW":
                Advance();
                return new ShowCommand(DottedName());
            case "TIMELINE_HISTORY":
                Advance();
                return new TimelineHistoryCommand(Timeline());
            case "START_REPLICATION":
                Advance();
                return StartReplication();
            case "CREATE_REPLICATION_SLOT":
                Advance();
                return CreateReplicationSlot();
            case "DROP_REPLICATION_SLOT":
                Advance();
                return new DropReplicationSlotCommand(Identifier(), AcceptWord("WAIT"));
            case "READ_REPLICATION_SLOT" when _major.ReadsSlots:
                Advance();
                return new ReadReplicationSlotCommand(DottedName());
            case "BASE_BACKUP":
                throw NotHere("base backups are");
            default:
                return null;
        }
    }

    private StartPhysicalReplicationCommand StartReplication()
    {
        string? slot = null;
        if (AcceptWord("SLOT"))
        {
            slot = Identifier();
            if (IsWord("LOGICAL"))
                throw NotHere("logical decoding is");
        }
        AcceptWord("PHYSICAL");
        Lsn start = ScanPosition(Expect(ReplicationTokenKind.Position).Text);
        TimelineId timeline = AcceptWord("TIMELINE") ? Timeline() : default;
        return new StartPhysicalReplicationCommand(slot, start, timeline);
    }

    private string DottedName()
    {
        List<string> parts = [Expect(ReplicationTokenKind.Word).ToLowerIfBare()];
        while (Accept("."))
            parts.Add(Expect(ReplicationTokenKind.Word).ToLowerIfBare());
        return string.Join('.', parts);
    }

    private TimelineId Timeline()
    {
        string digits = Expect(ReplicationTokenKind.Number).Text;
        // PostgreSQL wraps what does not fit; a timeline that was not asked for is worse than an error.
        if (!uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) || value == 0)
            throw new PgException(SqlStates.SyntaxError, $"invalid timeline {digits}");
        return new TimelineId(value);
    }

    private static Lsn ScanPosition(string text) => Lsn.TryParse(text, out Lsn position)
        ? position
        : throw new PgException(SqlStates.SyntaxError, "invalid streaming start location");

    private static PgException NotHere(string what) => new(SqlStates.FeatureNotSupported, $"{what} not supported by this node",
        hint: "Understood are IDENTIFY_SYSTEM, SHOW, TIMELINE_HISTORY, START_REPLICATION … PHYSICAL, and CREATE_, DROP_ and READ_REPLICATION_SLOT for physical slots.");

    private readonly bool IsWord(string keyword) => _token is { Kind: ReplicationTokenKind.Word, Quoted: false } && _token.Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    private bool AcceptWord(string keyword)
    {
        bool there = IsWord(keyword);
        if (there)
            Advance();
        return there;
    }

    private bool Accept(string sign)
    {
        bool there = _token.Kind == ReplicationTokenKind.Sign && _token.Text == sign;
        if (there)
            Advance();
        return there;
    }

    private ReplicationToken Expect(ReplicationTokenKind kind)
    {
        ReplicationToken token = _token;
        if (token.Kind != kind)
            throw new PgException(SqlStates.SyntaxError, "syntax error");
        if (kind != ReplicationTokenKind.End)
            Advance();
        return token;
    }

    private void Advance() => _token = _scanner.Next();
}
