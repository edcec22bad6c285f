using System.Buffers.Binary;
using System.Text;

namespace Pgrepl.Shared.Processes;

/// <summary>What a walsender asks the postmaster when the first packet came inside TLS, and tells it when its client has proved who it is: the postmaster
/// alone judges limits and cancel keys.</summary>
/// <remarks>Ours alone. Question: 'S' and one byte (1: replication), or 'C', pid and key (little-endian), or 'A'; the latter two have no answer.
/// Answer: nothing but a zero byte, or SQLSTATE, message, detail and hint, each with a zero byte.</remarks>
public static class Admission
{
    public static byte[] OfSession(bool replication) => [(byte)'S', replication ? (byte)1 : (byte)0];

    /// <summary>Sent once, when the client has proved who it is.</summary>
    public static ReadOnlySpan<byte> Authenticated => "A"u8;

    public static byte[] OfCancel(int pid, int key)
    {
        byte[] message = new byte[9];
        message[0] = (byte)'C';
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1), pid);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(5), key);
        return message;
    }

    /// <summary>Of a question: that of a session.</summary>
    public static bool IsOfSession(ReadOnlySpan<byte> question, out bool replication)
    {
        bool session = question is [(byte)'S', _];
        replication = session && question[1] != 0;
        return session;
    }

    public static bool IsAuthenticated(ReadOnlySpan<byte> message) => message.SequenceEqual(Authenticated);

    /// <summary>Of a question: that of a cancel request.</summary>
    public static bool IsOfCancel(ReadOnlySpan<byte> question, out int pid, out int key)
    {
        bool cancel = question is [(byte)'C', ..] && question.Length == 9;
        pid = cancel ? BinaryPrimitives.ReadInt32LittleEndian(question[1..]) : 0;
        key = cancel ? BinaryPrimitives.ReadInt32LittleEndian(question[5..]) : 0;
        return cancel;
    }

    /// <param name="refused"><see langword="null"/>: it may go on.</param>
    public static byte[] Answer(PgException? refused) =>
        Encoding.UTF8.GetBytes(refused is null ? "\0" : $"{refused.SqlState}\0{refused.Message}\0{refused.Detail}\0{refused.Hint}\0");

    /// <summary>The error to refuse a session with; <see langword="null"/>: it may go on.</summary>
    public static PgException? Refused(ReadOnlySpan<byte> answer)
    {
        string[] parts = Encoding.UTF8.GetString(answer).Split('\0');
        return parts.Length < 5 ? null : new PgException(parts[0], parts[1], Or(parts[2]), Or(parts[3]));

        static string? Or(string part) => part.Length == 0 ? null : part;
    }
}
