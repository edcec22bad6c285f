using System.Globalization;
using System.Text;

namespace Pgrepl.Shared.Config;

public enum SynchronousMethod
{
    /// <summary>FIRST: the standbys that come first in the list.</summary>
    Priority,

    /// <summary>ANY: whichever answer first.</summary>
    Quorum,
}

/// <summary>The rule of synchronous_standby_names: which standbys, and how many of them, a commit waits for.</summary>
/// <param name="NumSync">How many must have confirmed; at least 1.</param>
/// <param name="Names">In order; <c>*</c> stands for every standby. Upper and lower case are the same.</param>
/// <remarks>Source of truth: syncrep_gram.y, syncrep_scanner.l, check_synchronous_standby_names, PostgreSQL 15, src/backend/replication.</remarks>
public sealed record SynchronousStandbyNames(SynchronousMethod Method, int NumSync, IReadOnlyList<string> Names)
{
    private enum Token { End, Name, Number, Any, First, Comma, Open, Close, Junk }

    /// <summary>Whether commits wait at all: SyncStandbysDefined, PostgreSQL 15, src/include/replication/syncrep.h.</summary>
    public static bool AreDefined(SettingValues settings) => settings["synchronous_standby_names"].Length > 0;

    /// <returns><see langword="null"/>: nothing but blanks, so no commit waits.</returns>
    /// <exception cref="PgException">42601 with PostgreSQL's detail, 22023 when the number is not greater than zero.</exception>
    public static SynchronousStandbyNames? Parse(string text)
    {
        if (text.Length == 0)
            return null;
        var parser = new Parser(text);
        SynchronousStandbyNames rule = parser.Rule();
        return rule.NumSync > 0
            ? rule
            : throw new PgException(SqlStates.InvalidParameterValue, $"number of synchronous standbys ({rule.NumSync}) must be greater than zero");
    }

    /// <summary>The standby's place in the list from 1 (its application_name decides); 0: it is not in it.</summary>
    public int PriorityOf(string applicationName)
    {
        for (int i = 0; i < Names.Count; i++)
            if (Names[i] == "*" || string.Equals(Names[i], applicationName, StringComparison.OrdinalIgnoreCase))
                return i + 1;
        return 0;
    }

    private ref struct Parser(string text)
    {
        private int _at;
        private string _value = ""; // of the current token, as PostgreSQL would print it or pass it on
        private string _seen = "";  // the token's own text, for errors

        public SynchronousStandbyNames Rule()
        {
            Token token = Next();
            SynchronousMethod method = token == Token.Any ? SynchronousMethod.Quorum : SynchronousMethod.Priority;
            SynchronousStandbyNames rule;
            if (token is Token.Any or Token.First)
            {
                if (Next() != Token.Number)
                    throw Error();
                string number = _value;
                if (Next() != Token.Open)
                    throw Error();
                rule = Group(method, number);
            }
            else
            {
                if (token is not (Token.Name or Token.Number))
                    throw Error();
                string first = _value;
                bool isNumber = token == Token.Number;
                token = Next();
                if (isNumber && token == Token.Open)
                    rule = Group(SynchronousMethod.Priority, first);
                else
                    return new SynchronousStandbyNames(SynchronousMethod.Priority, 1, List(first, token, Token.End));
            }
            return Next() == Token.End ? rule : throw Error();
        }

        private SynchronousStandbyNames Group(SynchronousMethod method, string number)
        {
            if (Next() is not (Token.Name or Token.Number))
                throw Error();
            string first = _value;
            List<string> names = List(first, Next(), Token.Close);
            int count = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : int.MaxValue;
            return new SynchronousStandbyNames(method, count, names);
        }

        private List<string> List(string first, Token token, Token end)
        {
            var names = new List<string> { first };
            while (token == Token.Comma)
            {
                if (Next() is not (Token.Name or Token.Number))
                    throw Error();
                names.Add(_value);
                token = Next();
            }
            return token == end ? names : throw Error();
        }

        private Token Next()
        {
            while (_at < text.Length && text[_at] is ' ' or '\t' or '\n' or '\r' or '\f' or '\v')
                _at++;
            if (_at == text.Length)
            {
                _seen = "";
                return Token.End;
            }
            int start = _at;
            char c = text[_at++];
            if (c == '"')
                return Quoted(start);
            Token token = c switch { ',' => Token.Comma, '(' => Token.Open, ')' => Token.Close, '*' => Token.Name, _ => Token.Junk };
            if (char.IsAsciiDigit(c))
            {
                while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                    _at++;
                token = Token.Number;
            }
            else if (IsLetter(c))
            {
                while (_at < text.Length && (IsLetter(text[_at]) || char.IsAsciiDigit(text[_at]) || text[_at] == '$'))
                    _at++;
                token = Token.Name;
            }
            _value = _seen = text[start.._at];
            if (token == Token.Name && _value.Equals("ANY", StringComparison.OrdinalIgnoreCase))
                return Token.Any;
            return token == Token.Name && _value.Equals("FIRST", StringComparison.OrdinalIgnoreCase) ? Token.First : token;
        }

        private Token Quoted(int start)
        {
            var name = new StringBuilder();
            for (; _at < text.Length; _at++)
            {
                if (text[_at] == '"' && (++_at == text.Length || text[_at] != '"'))
                {
                    (_value, _seen) = (name.ToString(), text[start.._at]);
                    return Token.Name;
                }
                name.Append(text[_at]);
            }
            _seen = "";
            throw Error("unterminated quoted identifier");
        }

        private readonly PgException Error(string what = "syntax error") =>
            new(SqlStates.SyntaxError, $"invalid value for parameter \"synchronous_standby_names\": \"{text}\"",
                _seen.Length > 0 ? $"{what} at or near \"{_seen}\"" : $"{what} at end of input");

        private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c == '_' || c > '\x7F';
    }
}
