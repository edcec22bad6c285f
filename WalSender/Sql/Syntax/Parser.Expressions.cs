using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Expressions, by PostgreSQL's precedence: OR, AND, NOT, IS, comparison, LIKE/IN/BETWEEN, other operators, + -, * / %, ^, sign, ::.</summary>
internal sealed partial class Parser
{
    private SyntaxNode Expression(bool allowStar = false)
    {
        Enter();
        SyntaxNode node = Or(allowStar);
        _depth--;
        return node;
    }

    private void Enter()
    {
        if (++_depth > SqlLimits.MaxExpressionDepth)
            throw TooDeep(_token.Start);
    }

    private static PgException TooDeep(int position) => new PgException(SqlErrors.StatementTooComplex, "stack depth limit exceeded",
        hint: $"Expressions may be nested {SqlLimits.MaxExpressionDepth} levels deep.").At(position);

    /// <summary>Counts the levels: a chain of operators makes a deep tree without any recursion here.</summary>
    private static T Deepen<T>(T node, params ReadOnlySpan<SyntaxNode?> children)
        where T : SyntaxNode
    {
        int depth = 0;
        foreach (SyntaxNode? child in children)
            depth = Math.Max(depth, child?.Depth ?? 0);
        node.Depth = depth + 1;
        return node.Depth > SqlLimits.MaxExpressionDepth ? throw TooDeep(node.Position) : node;
    }

    private SyntaxNode Or(bool allowStar = false)
    {
        SyntaxNode first = And(allowStar);
        return _token.Is("or") ? Logic(first, isAnd: false) : first;
    }

    private SyntaxNode And(bool allowStar)
    {
        SyntaxNode first = Not(allowStar);
        return _token.Is("and") ? Logic(first, isAnd: true) : first;
    }

    private LogicNode Logic(SyntaxNode first, bool isAnd)
    {
        var operands = new List<SyntaxNode> { first };
        while (Accept(isAnd ? "and" : "or"))
            operands.Add(isAnd ? Not() : And(false));
        return Deepen(new LogicNode(isAnd, operands, first.Position), [.. operands]);
    }

    private SyntaxNode Not(bool allowStar = false)
    {
        int position = _token.Start;
        if (!Accept("not"))
            return Is(allowStar);
        Enter();
        SyntaxNode operand = Not();
        _depth--;
        return Deepen(new NotNode(operand, position), operand);
    }

    private SyntaxNode Is(bool allowStar)
    {
        SyntaxNode node = Comparison(allowStar);
        while (true)
        {
            int position = _token.Start;
            if (Accept("isnull"))
                node = Deepen(new IsNode(node, IsTest.Null, false, position), node);
            else if (Accept("notnull"))
                node = Deepen(new IsNode(node, IsTest.Null, true, position), node);
            else if (Accept("is"))
                node = IsTail(node, position);
            else if (IsComparison(_token))
                node = CompareWith(node); // a IS TRUE = b: the test is complete, so it becomes the left side
            else
                return node;
        }
    }

    private SyntaxNode IsTail(SyntaxNode node, int position)
    {
        bool negated = Accept("not");
        if (Accept("distinct"))
        {
            Expect("from");
            SyntaxNode right = Comparison(false);
            return Deepen(new DistinctNode(node, right, negated, position), node, right);
        }
        IsTest test = _token.Kind != TokenKind.Word ? throw Unexpected() : _token.Value switch
        {
            "null" => IsTest.Null,
            "true" => IsTest.True,
            "false" => IsTest.False,
            "unknown" => IsTest.Unknown,
            _ => throw Unexpected(),
        };
        Advance();
        return Deepen(new IsNode(node, test, negated, position), node);
    }

    private SyntaxNode Comparison(bool allowStar)
    {
        SyntaxNode left = Membership(allowStar);
        return IsComparison(_token) ? CompareWith(left) : left;
    }

    private BinaryNode CompareWith(SyntaxNode left)
    {
        Token sign = _token;
        Advance();
        if (_token.Is("any") || _token.Is("all") || _token.Is("some"))
            throw NotSupported("ANY or ALL");
        SyntaxNode right = Membership(false);
        if (IsComparison(_token))
            throw Unexpected(); // comparisons do not associate
        return Binary(sign.Value, left, right, sign.Start);
    }

    private static bool IsComparison(Token token) => token.Kind == TokenKind.Sign && token.Value is "=" or "<" or ">" or "<=" or ">=" or "<>";

    private static BinaryNode Binary(string sign, SyntaxNode left, SyntaxNode right, int position) => Deepen(new BinaryNode(sign, left, right, position), left, right);

    private SyntaxNode Membership(bool allowStar)
    {
        SyntaxNode node = Other(allowStar);
        int position = _token.Start;
        bool negated = _token.Is("not") && (_following.Is("in") || _following.Is("like") || _following.Is("ilike") || _following.Is("between") || _following.Is("similar"));
        if (negated)
            Advance();
        if (_token.Is("similar"))
            throw NotSupported("SIMILAR TO");
        if (_token.Is("like") || _token.Is("ilike"))
        {
            string sign = _token.Is("like") ? "~~" : "~~*";
            Advance();
            SyntaxNode pattern = Other(false);
            if (_token.Is("escape"))
                throw NotSupported("LIKE … ESCAPE");
            RefuseMembership();
            return Binary(negated ? "!" + sign : sign, node, pattern, position);
        }
        if (Accept("between"))
        {
            if (_token.Is("symmetric"))
                throw NotSupported("BETWEEN SYMMETRIC");
            Accept("asymmetric");
            SyntaxNode low = Other(false);
            Expect("and");
            SyntaxNode high = Other(false);
            RefuseMembership();
            return Deepen(new BetweenNode(node, low, high, negated, position), node, low, high);
        }
        if (Accept("in"))
        {
            Expect("(");
            if (_token.Is("select"))
                throw NotSupported("a sub-select");
            var list = new List<SyntaxNode>();
            do
                list.Add(Expression());
            while (Accept(","));
            Expect(")");
            return Deepen(new InNode(node, list, negated, position), [node, .. list]);
        }
        return node;
    }

    /// <summary>LIKE, IN and BETWEEN do not associate.</summary>
    private void RefuseMembership()
    {
        if (_token.Is("like") || _token.Is("ilike") || _token.Is("between") || _token.Is("in") || _token.Is("similar"))
            throw Unexpected();
    }

    /// <summary>Operators without a level of their own: ||, and all that other types define.</summary>
    private SyntaxNode Other(bool allowStar)
    {
        SyntaxNode node = Additive(allowStar);
        while (_token.Kind == TokenKind.Sign && IsOtherOperator(_token.Value))
        {
            Token sign = _token;
            Advance();
            node = Binary(sign.Value, node, Additive(false), sign.Start);
        }
        return node;
    }

    private static bool IsOtherOperator(string sign) =>
        sign is not ("(" or ")" or "[" or "]" or "," or ";" or "." or ":" or "::" or ":=" or "=>" or "=" or "<" or ">" or "<=" or ">=" or "<>" or "+" or "-" or "*" or "/" or "%" or "^" or "$" or "\\" or "{" or "}")
        && "~!@#^&|`?+-*/%<>=".Contains(sign[0], StringComparison.Ordinal);

    private SyntaxNode Additive(bool allowStar)
    {
        SyntaxNode node = Multiplicative(allowStar);
        while (_token.Is("+") || _token.Is("-"))
        {
            Token sign = _token;
            Advance();
            node = Binary(sign.Value, node, Multiplicative(false), sign.Start);
        }
        return node;
    }

    private SyntaxNode Multiplicative(bool allowStar)
    {
        SyntaxNode node = Power(allowStar);
        while (_token.Is("*") || _token.Is("/") || _token.Is("%"))
        {
            Token sign = _token;
            Advance();
            node = Binary(sign.Value, node, Power(false), sign.Start);
        }
        return node;
    }

    private SyntaxNode Power(bool allowStar)
    {
        SyntaxNode node = Signed(allowStar);
        while (_token.Is("^"))
        {
            Token sign = _token;
            Advance();
            node = Binary(sign.Value, node, Signed(false), sign.Start);
        }
        return node;
    }

    private SyntaxNode Signed(bool allowStar)
    {
        Token sign = _token;
        if (!sign.Is("-") && !sign.Is("+"))
            return Postfix(allowStar);
        Advance();
        Enter();
        SyntaxNode operand = Signed(false);
        _depth--;
        if (sign.Value == "-" && operand is IntegerNode { Digits: [not '-', ..] } integer)
            return new IntegerNode("-" + integer.Digits, sign.Start);
        if (sign.Value == "-" && operand is NumberNode { Digits: [not '-', ..] } number)
            return new NumberNode("-" + number.Digits, sign.Start);
        return Deepen(new UnaryNode(sign.Value, operand, sign.Start), operand);
    }

    private SyntaxNode Postfix(bool allowStar)
    {
        bool parenthesised = _token.Is("(");
        SyntaxNode node = Primary(allowStar);
        while (true)
        {
            int position = _token.Start;
            if (Accept("::"))
                node = Deepen(new CastNode(node, Type(), position), node);
            else if (parenthesised && _token.Is(".") && _following.Kind is TokenKind.Word or TokenKind.QuotedName)
            {
                Advance();
                node = Deepen(new FieldNode(node, AnyName(), position), node);
            }
            else if (_token.Is("["))
                throw NotSupported("an array subscript");
            else if (_token.Is("at") && _following.Is("time"))
                throw NotSupported("AT TIME ZONE");
            else if (_token.Is("collate"))
                throw NotSupported("COLLATE");
            else
                return node;
        }
    }
}
