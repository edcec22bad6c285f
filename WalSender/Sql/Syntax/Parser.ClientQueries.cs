namespace Pgrepl.WalSender.Sql;

/// <summary>Statements that are recognised, not parsed: see <see cref="ClientTypes"/>.</summary>
internal sealed partial class Parser
{
    private const string Mark = "pg_type";

    /// <returns>null: an ordinary statement.</returns>
    private Statement? ClientQuery()
    {
        if (!_token.Is("select") || !_lexer.Text.Contains(Mark, StringComparison.Ordinal))
            return null;
        var ahead = new Lexer(_lexer.Text, _token.Start);
        var words = new HashSet<string>(StringComparer.Ordinal);
        Token token = ahead.Next();
        for (; token.Kind != TokenKind.End && !token.Is(";"); token = ahead.Next())
            if (token.Kind == TokenKind.Word)
                words.Add(token.Value);
        if (ClientTypes.Recognise(words) is not { } answer)
            return null;
        while (_token.Kind != TokenKind.End && !_token.Is(";"))
            Advance();
        return Parse(answer)[0];
    }
}
