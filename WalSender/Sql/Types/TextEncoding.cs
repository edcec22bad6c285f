using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Text from outside is UTF-8 without NUL, or it is not taken.</summary>
internal static class TextEncoding
{
    /// <exception cref="PgException">22021, with the bytes of the first bad character.</exception>
    public static void Check(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)0) && Utf8.IsValid(text))
            return;
        int bad = 0;
        while (bad < text.Length && text[bad] != 0 && Rune.DecodeFromUtf8(text[bad..], out Rune _, out int length) == OperationStatus.Done)
            bad += length;
        ReadOnlySpan<byte> sequence = text.Slice(bad, Math.Min(SequenceLength(text[bad]), text.Length - bad));
        throw new PgException(SqlErrors.CharacterNotInRepertoire,
            $"invalid byte sequence for encoding \"UTF8\": {string.Join(' ', sequence.ToArray().Select(value => $"0x{value:x2}"))}");
    }

    /// <summary>What the first byte promises, pg_utf_mblen.</summary>
    private static int SequenceLength(byte first) => first switch
    {
        >= 0xC0 and < 0xE0 => 2,
        >= 0xE0 and < 0xF0 => 3,
        >= 0xF0 and < 0xF8 => 4,
        _ => 1,
    };
}
