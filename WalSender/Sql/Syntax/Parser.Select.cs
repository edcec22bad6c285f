using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>SELECT and its clauses.</summary>
internal sealed partial class Parser
{
    private SelectStatement Select()
    {
        Advance();
        if (_token.Is("distinct"))
            throw NotSupported("SELECT DISTINCT");
        Accept("all");
        var targets = new List<TargetNode>();
        if (!EndsTargetList())
            do
                targets.Add(Target());
            while (Accept(","));
        if (_token.Is("into"))
            throw NotSupported("SELECT INTO");
        FromNode? from = Accept("from") ? From() : null;
        SyntaxNode? where = Accept("where") ? Expression() : null;
        RefuseClauses();
        var order = new List<OrderNode>();
        if (Accept("order"))
        {
            Expect("by");
            do
                order.Add(Order());
            while (Accept(","));
        }
        SyntaxNode? limit = null, offset = null;
        while (true)
        {
            if (limit is null && Accept("limit"))
                limit = Accept("all") ? new NullNode(_token.Start) : Expression();
            else if (offset is null && Accept("offset"))
            {
                offset = Expression();
                if (!Accept("row"))
                    Accept("rows");
            }
            else
                break;
        }
        RefuseClauses();
        return new SelectStatement(targets, from, where, order, limit, offset);
    }

    private bool EndsTargetList() => _token.Kind == TokenKind.End || _token.Is(";") || _token.Is("from") || _token.Is("where") || _token.Is("order") || _token.Is("limit") || _token.Is("offset");

    private void RefuseClauses()
    {
        string? clause = _token.Kind != TokenKind.Word ? null : _token.Value switch
        {
            "group" => "GROUP BY",
            "having" => "HAVING",
            "window" => "WINDOW",
            "union" => "UNION",
            "intersect" => "INTERSECT",
            "except" => "EXCEPT",
            "fetch" => "FETCH FIRST",
            "for" => "SELECT … FOR UPDATE or FOR SHARE",
            _ => null,
        };
        if (clause is not null)
            throw NotSupported(clause);
    }

    private TargetNode Target()
    {
        if (_token.Is("*"))
        {
            var star = new StarNode(null, _token.Start);
            Advance();
            return new TargetNode(star, null);
        }
        SyntaxNode expression = Expression(allowStar: true);
        if (expression is StarNode)
            return new TargetNode(expression, null);
        if (Accept("as"))
            return new TargetNode(expression, AnyName());
        bool label = _token.Kind == TokenKind.QuotedName || (_token.Kind == TokenKind.Word && SqlNames.IsBareLabel(_token.Value));
        return new TargetNode(expression, label ? AnyName() : null);
    }

    private OrderNode Order()
    {
        SyntaxNode expression = Expression();
        if (_token.Is("using"))
            throw NotSupported("ORDER BY … USING");
        bool descending = Accept("desc");
        if (!descending)
            Accept("asc");
        bool nullsFirst = descending;
        if (Accept("nulls"))
        {
            nullsFirst = Accept("first");
            if (!nullsFirst)
                Expect("last");
        }
        return new OrderNode(expression, descending, nullsFirst);
    }

    private FromNode From()
    {
        int position = _token.Start;
        if (_token.Is("(") && _following.Is("values"))
            return Values(position);
        if (_token.Is("("))
            throw NotSupported(_following.Is("select") ? "a sub-select in FROM" : "a join");
        if (_token.Is("lateral") || (_token.Is("rows") && _following.Is("from")))
            throw NotSupported("LATERAL");
        Accept("only");
        string? schema = null;
        string name = _token.Kind == TokenKind.Word && _following.Is("(") && SqlNames.MayNameFunction(_token.Value) ? AnyName() : Name();
        if (Accept("."))
        {
            schema = name;
            name = AnyName();
        }
        List<SyntaxNode>? arguments = null;
        List<string?> names = [];
        if (Accept("("))
            arguments = Arguments(names);
        if (_token.Is("with"))
            throw NotSupported("WITH ORDINALITY");
        (string? alias, List<string> columns) = Alias();
        RefuseJoins();
        return new FromNode(schema, name, arguments, names, alias, columns, position);
    }

    /// <summary>(VALUES (…), …) alias (columns): what psql's \gdesc asks.</summary>
    private FromNode Values(int position)
    {
        Expect("(");
        Expect("values");
        var values = new List<SyntaxNode>();
        int width = 0;
        do
        {
            Expect("(");
            int before = values.Count;
            do
                values.Add(Expression());
            while (Accept(","));
            Expect(")");
            if (width != 0 && values.Count - before != width)
                throw new PgException(SqlStates.SyntaxError, "VALUES lists must all be the same length").At(values[before].Position);
            width = values.Count - before;
            if (width > SqlLimits.MaxColumns)
                throw new PgException(SqlErrors.TooManyColumns, $"target lists can have at most {SqlLimits.MaxColumns} entries");
        }
        while (Accept(","));
        Expect(")");
        (string? alias, List<string> columns) = Alias();
        if (alias is null)
            throw new PgException(SqlStates.SyntaxError, "VALUES in FROM must have an alias", hint: "For example, FROM (VALUES ...) [AS] foo.").At(position);
        RefuseJoins();
        return new FromNode(null, alias, values, [], alias, columns, position, width);
    }

    private (string? Alias, List<string> Columns) Alias()
    {
        string? alias = null;
        if (Accept("as"))
            alias = Name();
        else if (_token.Kind == TokenKind.QuotedName || (_token.Kind == TokenKind.Word && !SqlNames.IsReserved(_token.Value) && SqlNames.IsBareLabel(_token.Value)))
            alias = Name();
        var columns = new List<string>();
        if (alias is not null && Accept("("))
        {
            do
                columns.Add(Name());
            while (Accept(","));
            Expect(")");
        }
        return (alias, columns);
    }

    private void RefuseJoins()
    {
        if (_token.Is(",") || _token.Is("join") || _token.Is("cross") || _token.Is("natural") || _token.Is("left") || _token.Is("right") || _token.Is("full") || _token.Is("inner"))
            throw NotSupported("a join");
        if (_token.Is("tablesample"))
            throw NotSupported("TABLESAMPLE");
    }
}
