namespace Pgrepl.WalSender.Sql;

internal enum TokenKind
{
    End,

    /// <summary>A bare word, folded to lower case; it may be a keyword.</summary>
    Word,

    /// <summary>A "quoted" name: never a keyword.</summary>
    QuotedName,
    Text,
    Integer,
    Number,

    /// <summary>$n</summary>
    Parameter,

    /// <summary>Operators and punctuation.</summary>
    Sign,
}

/// <param name="Value">Folded word, unquoted name, decoded literal, digits, or the sign itself.</param>
/// <param name="Start">Offset of its first character in the text.</param>
/// <param name="Length">Characters in the text, for error messages.</param>
internal readonly record struct Token(TokenKind Kind, string Value, int Start, int Length)
{
    public bool Is(string wordOrSign) => Kind is TokenKind.Word or TokenKind.Sign && Value == wordOrSign;
}
