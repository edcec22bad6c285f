using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Reads SQL text into statements: the part of PostgreSQL's grammar that this node executes.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/parser/gram.y. A statement PostgreSQL knows and we do not is 0A000, anything else that does not fit 42601.</remarks>
internal sealed partial class Parser
{
    /// <summary>What an error about something unknown tells the user.</summary>
    public const string Understood =
        "This node understands SELECT expressions [FROM view or function] [WHERE] [ORDER BY] [LIMIT], BEGIN, COMMIT, ROLLBACK, SAVEPOINT, SET, RESET, SHOW, DISCARD and DEALLOCATE.";

    private readonly Lexer _lexer;
    private readonly bool _mayAskForTypes;
    private Token _token;
    private Token _following;
    private int _depth;

    private Parser(string text)
    {
        _lexer = new Lexer(text);
        _mayAskForTypes = text.Contains(Mark, StringComparison.Ordinal); // looked for once, not for each of a million statements
        _token = _lexer.Next();
        _following = _token.Kind == TokenKind.End ? _token : _lexer.Next();
    }

    /// <summary>Every statement of the text, in order; none for an empty one.</summary>
    /// <exception cref="PgException">42601, 0A000 and others, marked with the place in the text.</exception>
    public static IReadOnlyList<Statement> Parse(string text)
    {
        var parser = new Parser(text);
        var statements = new List<Statement>();
        while (parser._token.Kind != TokenKind.End)
        {
            if (parser.Accept(";"))
                continue;
            statements.Add(parser.ClientQuery() ?? parser.Statement());
            if (parser._token.Kind != TokenKind.End && !parser._token.Is(";"))
                throw parser.Unexpected();
        }
        return statements;
    }

    private Statement Statement()
    {
        if (_token.Kind != TokenKind.Word)
            throw _token.Is("(") && _following.Is("select") ? NotSupported("a SELECT in parentheses") : Unexpected();
        Token verb = _token;
        switch (verb.Value)
        {
            case "select":
                return Select();
            case "begin":
                Advance();
                AcceptWord("work", "transaction");
                return new TransactionStatement(TransactionVerb.Begin, "BEGIN", false, TransactionModes(false));
            case "start":
                Advance();
                Expect("transaction");
                return new TransactionStatement(TransactionVerb.Begin, "START TRANSACTION", false, TransactionModes(false));
            case "commit" or "end":
                return EndOfTransaction(TransactionVerb.Commit, "COMMIT");
            case "rollback" or "abort":
                return EndOfTransaction(TransactionVerb.Rollback, "ROLLBACK");
            case "savepoint":
                Advance();
                return new SavepointStatement(SavepointVerb.Define, Name());
            case "release":
                Advance();
                Accept("savepoint");
                return new SavepointStatement(SavepointVerb.Release, Name());
            case "set":
                return Set();
            case "reset":
                return Reset();
            case "show":
                return Show();
            case "discard":
                return Discard();
            case "deallocate":
                return Deallocate();
            case "unlisten":
                Advance();
                if (!Accept("*"))
                    Name();
                return new EmptyStatement("UNLISTEN");
            case "close":
                Advance();
                if (!Accept("all"))
                    throw NotSupported("CLOSE of a cursor", verb);
                return new EmptyStatement("CLOSE CURSOR ALL", ClosesPortals: true);
        }
        throw StatementNames.IsKnown(verb.Value) ? NotSupported(verb.Value.ToUpperInvariant(), verb) : Unexpected();
    }

    private Statement EndOfTransaction(TransactionVerb verb, string tag)
    {
        Token word = _token;
        Advance();
        if (_token.Is("prepared"))
            throw NotSupported(tag + " PREPARED", word);
        AcceptWord("work", "transaction");
        if (tag == "ROLLBACK" && word.Is("rollback") && Accept("to"))
        {
            Accept("savepoint");
            return new SavepointStatement(SavepointVerb.RollbackTo, Name());
        }
        bool chain = false;
        if (Accept("and"))
        {
            chain = !Accept("no");
            Expect("chain");
        }
        return new TransactionStatement(verb, tag, chain, []);
    }

    private void Advance()
    {
        _token = _following;
        if (_token.Kind != TokenKind.End)
            _following = _lexer.Next();
    }

    private bool Accept(string wordOrSign)
    {
        bool there = _token.Is(wordOrSign);
        if (there)
            Advance();
        return there;
    }

    private void AcceptWord(string first, string second)
    {
        if (!Accept(first))
            Accept(second);
    }

    private void Expect(string wordOrSign)
    {
        if (!Accept(wordOrSign))
            throw Unexpected();
    }

    /// <summary>A name of something: quoted, or a word that is not reserved.</summary>
    private string Name()
    {
        Token token = _token;
        if (token.Kind != TokenKind.QuotedName && (token.Kind != TokenKind.Word || SqlNames.IsReserved(token.Value)))
            throw Unexpected();
        Advance();
        return token.Value;
    }

    /// <summary>A name where any keyword will do: behind AS or a dot.</summary>
    private string AnyName()
    {
        Token token = _token;
        if (token.Kind is not (TokenKind.QuotedName or TokenKind.Word))
            throw Unexpected();
        Advance();
        return token.Value;
    }

    private PgException Unexpected() => _token.Is("operator") && _following.Is("(") ? NotSupported("OPERATOR(…)") : _lexer.SyntaxError(_token);

    private PgException NotSupported(string what) => NotSupported(what, _token);

    private static PgException NotSupported(string what, Token at) =>
        SqlErrors.NotSupported($"{what} is not supported by this node", Understood).At(at.Start);
}
