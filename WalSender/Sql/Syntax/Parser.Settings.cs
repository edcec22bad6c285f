using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>SET, RESET, SHOW, DISCARD, DEALLOCATE and transaction modes.</summary>
internal sealed partial class Parser
{
    private Statement Set()
    {
        Advance();
        bool local = false;
        if (_token.Is("local") && !IsAssignment(_following))
        {
            Advance();
            local = true;
        }
        else if (_token.Is("session") && !IsAssignment(_following))
        {
            Advance();
            if (_token.Is("characteristics"))
            {
                Advance();
                Expect("as");
                Expect("transaction");
                return new SetTransactionStatement(TransactionModes(true, "default_"), Local: false);
            }
            if (_token.Is("authorization"))
                return SessionAuthorization();
        }
        Token word = _token;
        if (word.Is("transaction") && !IsAssignment(_following))
        {
            Advance();
            if (_token.Is("snapshot"))
                throw NotSupported("SET TRANSACTION SNAPSHOT", word);
            return new SetTransactionStatement(TransactionModes(true), Local: true);
        }
        if (word.Is("time") && _following.Is("zone"))
        {
            Advance();
            Advance();
            return new SetStatement("timezone", _token.Is("local") || _token.Is("default") ? TakeDefault() : Value(), local);
        }
        if (word.Is("names") && !IsAssignment(_following))
        {
            Advance();
            return new SetStatement("client_encoding", _token.Kind == TokenKind.End || _token.Is(";") || _token.Is("default") ? TakeDefault() : Value(), local);
        }
        if (word.Is("schema") && _following.Kind == TokenKind.Text)
        {
            Advance();
            return new SetStatement("search_path", Value(), local);
        }
        if (word.Is("role") && !IsAssignment(_following))
        {
            Advance();
            if (!Accept("none"))
                throw NotSupported("SET ROLE", word);
            return new EmptyStatement("SET");
        }
        string name = SettingName();
        if (!Accept("=") && !Accept("to"))
            throw _token.Is("from") ? NotSupported("SET … FROM CURRENT") : Unexpected();
        if (_token.Is("default"))
            return new SetStatement(name, TakeDefault(), local);
        string value = Value();
        bool list = _token.Is(",");
        while (Accept(","))
            value += ", " + Value();
        return new SetStatement(name, value, local, IsList: list);
    }

    private static bool IsAssignment(Token token) => token.Is("=") || token.Is("to") || token.Is(".");

    private EmptyStatement SessionAuthorization()
    {
        Token word = _token;
        Advance();
        if (!Accept("default"))
            throw NotSupported("SET SESSION AUTHORIZATION to another user", word);
        return new EmptyStatement("SET");
    }

    private string? TakeDefault()
    {
        if (_token.Is("local") || _token.Is("default"))
            Advance();
        return null;
    }

    private string SettingName()
    {
        string name = Name();
        while (Accept("."))
            name += "." + AnyName();
        return name;
    }

    /// <summary>A word, a literal or a number with its sign.</summary>
    private string Value()
    {
        string sign = _token.Is("-") || _token.Is("+") ? _token.Value : "";
        if (sign.Length > 0)
            Advance();
        Token token = _token;
        bool number = token.Kind is TokenKind.Integer or TokenKind.Number;
        bool word = token.Kind is TokenKind.Text or TokenKind.QuotedName
            || (token.Kind == TokenKind.Word && (token.Value is "on" or "true" or "false" || !SqlNames.IsReserved(token.Value)));
        if (!number && (sign.Length > 0 || !word))
            throw Unexpected();
        Advance();
        return sign == "-" ? "-" + token.Value : token.Value;
    }

    private Statement Reset()
    {
        Advance();
        if (Accept("all"))
            return new ResetAllStatement();
        if (_token.Is("session") && _following.Is("authorization"))
        {
            Advance();
            Advance();
            return new EmptyStatement("RESET");
        }
        if (Accept("role"))
            return new EmptyStatement("RESET");
        return new SetStatement(SpecialSettingName() ?? SettingName(), null, Local: false, Tag: "RESET");
    }

    private ShowSettingStatement Show()
    {
        Advance();
        if (Accept("all"))
            return new ShowSettingStatement(null);
        return new ShowSettingStatement(SpecialSettingName() ?? SettingName());
    }

    /// <summary>The settings that SQL spells in several words.</summary>
    private string? SpecialSettingName()
    {
        if (_token.Is("time") && _following.Is("zone"))
        {
            Advance();
            Advance();
            return "timezone";
        }
        if (_token.Is("transaction") && _following.Is("isolation"))
        {
            Advance();
            Advance();
            Expect("level");
            return "transaction_isolation";
        }
        if (_token.Is("session") && _following.Is("authorization"))
        {
            Advance();
            Advance();
            return "session_authorization";
        }
        return null;
    }

    private DiscardStatement Discard()
    {
        Advance();
        string what = _token.Value.ToUpperInvariant();
        if (_token.Kind != TokenKind.Word || what is not ("ALL" or "PLANS" or "SEQUENCES" or "TEMP" or "TEMPORARY"))
            throw Unexpected();
        Advance();
        return new DiscardStatement(what == "TEMPORARY" ? "TEMP" : what);
    }

    private DeallocateStatement Deallocate()
    {
        Advance();
        if (_token.Is("prepare") && _following.Kind != TokenKind.End && !_following.Is(";"))
            Advance();
        return Accept("all") ? new DeallocateStatement(null) : new DeallocateStatement(Name());
    }

    /// <summary>ISOLATION LEVEL …, READ ONLY, READ WRITE, [NOT] DEFERRABLE; commas between them may be left out.</summary>
    private List<KeyValuePair<string, string>> TransactionModes(bool required, string prefix = "")
    {
        var modes = new List<KeyValuePair<string, string>>();
        while (true)
        {
            if (Accept("isolation"))
            {
                Expect("level");
                modes.Add(new(prefix + "transaction_isolation", IsolationLevel()));
            }
            else if (Accept("read"))
            {
                bool only = _token.Is("only");
                if (!only && !_token.Is("write"))
                    throw Unexpected();
                Advance();
                modes.Add(new(prefix + "transaction_read_only", only ? "on" : "off"));
            }
            else if (_token.Is("deferrable") || _token.Is("not"))
            {
                bool off = Accept("not");
                Expect("deferrable");
                modes.Add(new(prefix + "transaction_deferrable", off ? "off" : "on"));
            }
            else if (required && modes.Count == 0)
                throw Unexpected();
            else
                return modes;
            if (Accept(",") && (_token.Kind == TokenKind.End || _token.Is(";")))
                throw Unexpected();
        }
    }

    private string IsolationLevel()
    {
        if (Accept("serializable"))
            return "serializable";
        if (Accept("repeatable"))
        {
            Expect("read");
            return "repeatable read";
        }
        Expect("read");
        if (Accept("committed"))
            return "read committed";
        Expect("uncommitted");
        return "read uncommitted";
    }
}
