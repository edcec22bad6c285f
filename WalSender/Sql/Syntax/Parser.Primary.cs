using System.Globalization;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Literals, columns, calls, CASE, CAST, EXTRACT and type names.</summary>
internal sealed partial class Parser
{
    private SyntaxNode Primary(bool allowStar)
    {
        Token token = _token;
        switch (token.Kind)
        {
            case TokenKind.Integer:
                Advance();
                return new IntegerNode(token.Value, token.Start);
            case TokenKind.Number:
                Advance();
                return new NumberNode(token.Value, token.Start);
            case TokenKind.Text:
                Advance();
                return new TextNode(token.Value, token.Start);
            case TokenKind.Parameter:
                Advance();
                return int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 65535
                    ? new ParameterNode(number, token.Start)
                    : throw new PgException(SqlStates.UndefinedParameter, $"there is no parameter ${token.Value}").At(token.Start);
            case TokenKind.QuotedName:
                return NameOrCall(allowStar);
            case TokenKind.Word:
                return Word(allowStar);
        }
        if (!Accept("("))
            throw Unexpected();
        if (_token.Is("select"))
            throw NotSupported("a sub-select");
        SyntaxNode inner = Expression();
        if (_token.Is(","))
            throw NotSupported("a row constructor");
        Expect(")");
        return inner;
    }

    private SyntaxNode Word(bool allowStar)
    {
        Token word = _token;
        bool call = _following.Is("(");
        switch (word.Value)
        {
            case "null":
                Advance();
                return new NullNode(word.Start);
            case "true" or "false":
                Advance();
                return new BooleanNode(word.Value == "true", word.Start);
            case "case":
                return Case();
            case "cast" when call:
                return Cast();
            case "extract" when call:
                return Extract();
            case "exists" when call:
                throw NotSupported("EXISTS");
            case "array" or "row" when call || _following.Is("["):
                throw NotSupported(word.Value.ToUpperInvariant());
            case "current_user" or "session_user" or "user" or "current_role" or "current_catalog" or "current_timestamp":
            case "current_schema" when !call:
                Advance();
                return new CallNode(null, word.Value, [], [], Star: false, word.Start);
        }
        if (StartsTypedLiteral())
        {
            TypeName type = Type();
            if (_token.Kind != TokenKind.Text)
                throw Unexpected();
            var text = new TextNode(_token.Value, _token.Start);
            Advance();
            return Deepen(new CastNode(text, type, word.Start), text);
        }
        if (SqlNames.IsReserved(word.Value) && !(call && SqlNames.MayNameFunction(word.Value)))
            throw Unexpected();
        return NameOrCall(allowStar);
    }

    /// <summary>interval '1 day', pg_lsn '0/0', timestamp with time zone '…'</summary>
    private bool StartsTypedLiteral() => SqlType.Find(_token.Value) is not null
        ? _following.Kind == TokenKind.Text
        : (_token.Value == "timestamp" && _following.Is("with")) || (_token.Value == "double" && _following.Is("precision")) || (_token.Value == "character" && _following.Is("varying"));

    private SyntaxNode NameOrCall(bool allowStar)
    {
        int position = _token.Start;
        var parts = new List<string> { AnyName() };
        while (Accept("."))
        {
            if (_token.Is("*"))
            {
                if (!allowStar || parts.Count != 1)
                    throw Unexpected();
                Advance();
                return new StarNode(parts[0], position);
            }
            parts.Add(AnyName());
            if (parts.Count > 3)
                throw new PgException(SqlStates.FeatureNotSupported, $"cross-database references are not implemented: {string.Join('.', parts)}").At(position);
        }
        if (!Accept("("))
            return new ColumnNode(parts, position);
        string? schema = parts.Count == 1 ? null : parts[^2];
        if (_token.Is("*") && _following.Is(")"))
        {
            Advance();
            Advance();
            RefuseWindow();
            return new CallNode(schema, parts[^1], [], [], Star: true, position);
        }
        var names = new List<string?>();
        List<SyntaxNode> arguments = Arguments(names);
        RefuseWindow();
        return Deepen(new CallNode(schema, parts[^1], arguments, names, Star: false, position), [.. arguments]);
    }

    private void RefuseWindow()
    {
        if (_token.Is("over") || (_token.Is("filter") && _following.Is("(")) || (_token.Is("within") && _following.Is("group")))
            throw NotSupported(_token.Value.ToUpperInvariant());
    }

    /// <summary>Behind the opening parenthesis, up to and with the closing one; an argument may be named: name =&gt; value.</summary>
    private List<SyntaxNode> Arguments(List<string?> names)
    {
        var arguments = new List<SyntaxNode>();
        if (Accept(")"))
            return arguments;
        do
        {
            if (_token.Is("distinct") || _token.Is("variadic"))
                throw NotSupported(_token.Value.ToUpperInvariant() + " in a function call");
            Accept("all");
            bool named = _token.Kind is TokenKind.Word or TokenKind.QuotedName && (_following.Is("=>") || _following.Is(":="));
            names.Add(named ? AnyName() : null);
            if (named)
                Advance();
            arguments.Add(Expression());
        }
        while (Accept(","));
        if (_token.Is("order"))
            throw NotSupported("ORDER BY in a function call");
        Expect(")");
        return arguments;
    }

    private CaseNode Case()
    {
        int position = _token.Start;
        Advance();
        SyntaxNode? operand = _token.Is("when") ? null : Expression();
        var branches = new List<(SyntaxNode, SyntaxNode)>();
        var children = new List<SyntaxNode?> { operand };
        while (Accept("when"))
        {
            SyntaxNode when = Expression();
            Expect("then");
            SyntaxNode then = Expression();
            branches.Add((when, then));
            children.Add(when);
            children.Add(then);
        }
        if (branches.Count == 0)
            throw Unexpected();
        SyntaxNode? otherwise = Accept("else") ? Expression() : null;
        children.Add(otherwise);
        Expect("end");
        return Deepen(new CaseNode(operand, branches, otherwise, position), [.. children]);
    }

    private CastNode Cast()
    {
        int position = _token.Start;
        Advance();
        Expect("(");
        SyntaxNode operand = Expression();
        Expect("as");
        TypeName type = Type();
        Expect(")");
        return Deepen(new CastNode(operand, type, position), operand);
    }

    /// <summary>extract(field from value) is the function extract(text, value).</summary>
    private CallNode Extract()
    {
        int position = _token.Start;
        Advance();
        Expect("(");
        Token field = _token;
        if (field.Kind is not (TokenKind.Word or TokenKind.QuotedName or TokenKind.Text))
            throw Unexpected();
        Advance();
        Expect("from");
        SyntaxNode value = Expression();
        Expect(")");
        return Deepen(new CallNode(null, "extract", [new TextNode(field.Value, field.Start), value], [null, null], Star: false, position), value);
    }

    private TypeName Type()
    {
        int position = _token.Start;
        string? schema = null;
        Token first = _token;
        string name = AnyName();
        if (first.Kind == TokenKind.Word && SqlNames.IsReserved(name))
            throw _lexer.SyntaxError(first);
        if (Accept("."))
        {
            schema = name;
            name = AnyName();
        }
        else if (name == "double" && Accept("precision"))
            name = "double precision";
        else if (name is "character" or "char" && Accept("varying"))
            name = "character varying";
        var modifiers = new List<int>();
        if (Accept("("))
        {
            do
            {
                if (_token.Kind != TokenKind.Integer || !int.TryParse(_token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int modifier))
                    throw Unexpected();
                modifiers.Add(modifier);
                Advance();
            }
            while (Accept(","));
            Expect(")");
        }
        if (name == "timestamp" && _token.Is("with") && _following.Is("time"))
        {
            Advance();
            Advance();
            Expect("zone");
            name = "timestamp with time zone";
        }
        if (_token.Is("[") && _following.Is("]"))
        {
            Advance();
            Advance();
            name += "[]";
        }
        return new TypeName(schema, name, modifiers, position);
    }
}
