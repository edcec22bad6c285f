namespace Pgrepl.WalSender.Sql;

/// <summary>Statements that are recognised, not parsed: see <see cref="ClientTypes"/>.</summary>
internal sealed partial class Parser
{
    private const string Mark = "pg_type";

    /// <returns>null: an ordinary statement.</returns>
    private Statement? ClientQuery()
    {
        if (!_mayAskForTypes || !_token.Is("select"))
            return null;
        var ahead = new Lexer(_lexer.Text, _token.Start);
        var words = new HashSet<string>(StringComparer.Ordinal);
        int compared = -1, end = -1; // what stands behind the last "oid =", up to ORDER BY
        Token before = default, token = ahead.Next();
        for (; token.Kind != TokenKind.End && !token.Is(";"); before = token, token = ahead.Next())
        {
            if (token.Kind == TokenKind.Word)
                words.Add(token.Value);
            if (token.Is("=") && before.Is("oid"))
                (compared, end) = (token.Start + 1, -1);
            else if (token.Is("order") && compared >= 0 && end < 0)
                end = token.Start;
        }
        string? oid = compared < 0 ? null : _lexer.Text[compared..(end < 0 ? token.Start : end)].Trim();
        if (ClientTypes.Recognise(words, oid) is not { } answer)
            return null;
        while (_token.Kind != TokenKind.End && !_token.Is(";"))
            Advance();
        return Parse(answer)[0];
    }
}
