using System.Buffers.Binary;
using System.Text;

namespace Pgrepl.WalSender.Tests;

/// <summary>Builds a client's messages.</summary>
internal sealed class FrontendMessages
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public static FrontendMessages New() => new();

    public FrontendMessages Query(string sql) => Message('Q', [.. CString(sql)]);

    public FrontendMessages Parse(string sql, string name = "", params uint[] types) =>
        Message('P', [.. CString(name), .. CString(sql), .. Int16(types.Length), .. types.SelectMany(type => Int32((int)type))]);

    /// <param name="parameters">Text, bytes (sent as binary), or null.</param>
    public FrontendMessages Bind(string statement = "", string portal = "", bool binaryResults = false, params object?[] parameters) =>
        Message('B',
        [
            .. CString(portal), .. CString(statement),
            .. Int16(parameters.Length), .. parameters.SelectMany(value => Int16(value is byte[] ? 1 : 0)),
            .. Int16(parameters.Length), .. parameters.SelectMany(Value),
            .. Int16(1), .. Int16(binaryResults ? 1 : 0),
        ]);

    public FrontendMessages Describe(char what = 'P', string name = "") => Message('D', [(byte)what, .. CString(name)]);

    public FrontendMessages Execute(string portal = "", int rows = 0) => Message('E', [.. CString(portal), .. Int32(rows)]);

    public FrontendMessages Close(char what, string name) => Message('C', [(byte)what, .. CString(name)]);

    public FrontendMessages Sync() => Message('S', []);

    public FrontendMessages Flush() => Message('H', []);

    public FrontendMessages Message(char type, byte[] body)
    {
        _bytes.Add((byte)type);
        _bytes.AddRange(Int32(body.Length + 4));
        _bytes.AddRange(body);
        return this;
    }

    public static byte[] Startup(params string[] namesAndValues)
    {
        byte[] body = [.. Int32(3 << 16), .. namesAndValues.SelectMany(CString), 0];
        return [.. Int32(body.Length + 4), .. body];
    }

    public static byte[] CString(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    public static byte[] Int16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Int64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Value(object? value) => value switch
    {
        null => Int32(-1),
        byte[] bytes => [.. Int32(bytes.Length), .. bytes],
        _ => [.. Int32(Encoding.UTF8.GetByteCount((string)value)), .. Encoding.UTF8.GetBytes((string)value)],
    };
}
