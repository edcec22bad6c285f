using System.Buffers.Binary;
using System.Text;

namespace Pgrepl.WalSender.Tests;

/// <summary>A backend's messages as lines to compare: type, then what it says.</summary>
internal static class BackendMessages
{
    /// <summary>Takes whole messages off the front; what is left over of the last one stays.</summary>
    public static List<string> Decode(ReadOnlySpan<byte> bytes, out int consumed)
    {
        var lines = new List<string>();
        consumed = 0;
        while (bytes.Length - consumed >= 5)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes[(consumed + 1)..]);
            if (bytes.Length - consumed < length + 1)
                break;
            lines.Add(Line((char)bytes[consumed], bytes.Slice(consumed + 5, length - 4)));
            consumed += length + 1;
        }
        return lines;
    }

    public static List<string> Decode(ReadOnlySpan<byte> bytes)
    {
        List<string> lines = Decode(bytes, out int consumed);
        Assert.That(consumed, Is.EqualTo(bytes.Length), "bytes behind the last whole message");
        return lines;
    }

    private static string Line(char type, ReadOnlySpan<byte> body)
    {
        var fields = new Fields(body.ToArray());
        switch (type)
        {
            case 'T':
                return "T " + string.Join(", ", Enumerable.Range(0, fields.Int16()).Select(_ =>
                {
                    string name = fields.CString();
                    fields.Int32();
                    fields.Int16();
                    return $"{name}:{fields.Int32()}:{fields.Int16()}:{fields.Int32()}:{fields.Int16()}";
                }));
            case 'D':
                return "D " + string.Join("|", Enumerable.Range(0, fields.Int16()).Select(_ => fields.Int32() is var length && length < 0 ? "NULL" : Show(fields.Bytes(length))));
            case 'E' or 'N':
                return $"{type} {fields.Error()}";
            case 'C':
                return "C " + fields.CString();
            case 'Z':
                return "Z " + (char)body[0];
            case 't':
                return "t " + string.Join(",", Enumerable.Range(0, fields.Int16()).Select(_ => fields.Int32()));
            case 'S':
                return $"S {fields.CString()}={fields.CString()}";
            default:
                return body.IsEmpty ? type.ToString() : $"{type} {Convert.ToHexString(body)}";
        }
    }

    private static string Show(byte[] value) =>
        value.All(b => b is >= 0x20 and < 0x7F or >= 0x80) && value.Length < 2000 ? Encoding.UTF8.GetString(value) : "0x" + Convert.ToHexString(value.AsSpan(0, Math.Min(value.Length, 64)));

    private sealed class Fields(byte[] body)
    {
        private int _at;

        public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Bytes(2));

        public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Bytes(4));

        public byte[] Bytes(int count) => body[_at..(_at += count)];

        public string CString()
        {
            int end = Array.IndexOf(body, (byte)0, _at);
            string text = Encoding.UTF8.GetString(body, _at, end - _at);
            _at = end + 1;
            return text;
        }

        public string Error()
        {
            var text = new StringBuilder();
            while (body[_at] != 0)
            {
                char code = (char)body[_at++];
                string value = CString();
                if ("VCMDHP".Contains(code, StringComparison.Ordinal))
                    text.Append(text.Length > 0 ? " " : "").Append(code).Append('=').Append(value);
            }
            return text.ToString();
        }
    }
}
