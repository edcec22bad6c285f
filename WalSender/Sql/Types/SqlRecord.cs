using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>A value of type record: what a function with several results gives outside FROM.</summary>
/// <remarks>Source of truth: record_out, record_send, PostgreSQL 15, src/backend/utils/adt/rowtypes.c.</remarks>
internal sealed record SqlRecord(SourceColumn[] Columns, SqlValue[] Fields)
{
    public void Write(ByteBuffer target)
    {
        target.WriteByte((byte)'(');
        for (int i = 0; i < Fields.Length; i++)
        {
            if (i > 0)
                target.WriteByte((byte)',');
            if (!Fields[i].IsNull)
                target.WriteText(Quoted(TypeOutput.ToText(Columns[i].Type, Fields[i]).Text));
        }
        target.WriteByte((byte)')');
    }

    public void Send(ByteBuffer target)
    {
        target.WriteInt32(Fields.Length);
        for (int i = 0; i < Fields.Length; i++)
        {
            target.WriteInt32((int)Columns[i].Type.TypeOid);
            if (Fields[i].IsNull)
            {
                target.WriteInt32(-1);
                continue;
            }
            var field = new ByteBuffer(64);
            TypeBinary.Send(field, Columns[i].Type, Fields[i]);
            target.WriteInt32(field.Span.Length);
            target.Write(field.Span);
        }
    }

    private static string Quoted(string text) => text.Length > 0 && !text.Any(c => c is '"' or '\\' or '(' or ')' or ',' || (char.IsAscii(c) && char.IsWhiteSpace(c)))
        ? text
        : "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
