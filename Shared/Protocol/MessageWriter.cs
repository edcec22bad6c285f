

namespace Pgrepl.Shared.Protocol;

/// <summary>One column of a RowDescription.</summary>
/// <param name="TypeLength">pg_type.typlen: bytes, or -1 for a type of varying length.</param>
/// <param name="TypeModifier">-1: none.</param>
/// <param name="Format">0 text, 1 binary.</param>
public sealed record FieldDescription(string Name, uint TypeOid, short TypeLength, int TypeModifier = -1, short Format = 0);

/// <summary>Writes the messages of a backend into one reusable buffer; whoever owns the socket sends <see cref="Pending"/> and tells how much went.</summary>
/// <remarks>Source of truth: PostgreSQL 15's documentation, chapter 55.7 (message formats). Between Begin… and End… nothing may be consumed;
/// a message that could not be finished is taken back with <see cref="Abandon"/>.</remarks>
/// <param name="maxPendingRows">Bytes up to which rows are taken in (54000 beyond it): nobody can make us hold more.</param>
public sealed class MessageWriter(int maxPendingRows = MessageWriter.DefaultMaxPendingRows)
{
    public const int DefaultMaxPendingRows = 64 * 1024 * 1024;

    private readonly ByteBuffer _buffer = new();
    private int _messageStart = -1;
    private int _columnStart = -1;

    /// <summary>Whole messages waiting to be sent.</summary>
    public ReadOnlyMemory<byte> Pending => _buffer.Memory;

    /// <summary>The open message's bytes go here, between Begin… and End….</summary>
    public ByteBuffer Buffer => _buffer;

    public void Consume(int sent)
    {
        if (_messageStart >= 0)
            throw new InvalidOperationException("a message is still being written");
        _buffer.Consume(sent);
    }

    /// <summary>Takes back the message that is being written, if there is one.</summary>
    public void Abandon()
    {
        if (_messageStart < 0)
            return;
        _buffer.Truncate(_messageStart);
        _buffer.Limit = Array.MaxLength;
        _messageStart = _columnStart = -1;
    }

    public void AuthenticationOk() => Authentication(0, default);

    /// <summary>Any authentication request: 3 clear-text password, 5 MD5 (salt), 10 SASL (mechanisms), 11 SASLContinue, 12 SASLFinal.</summary>
    public void Authentication(int code, ReadOnlySpan<byte> data)
    {
        Begin('R');
        _buffer.WriteInt32(code);
        _buffer.Write(data);
        End();
    }

    public void ParameterStatus(string name, string value)
    {
        Begin('S');
        _buffer.WriteCString(name);
        _buffer.WriteCString(value);
        End();
    }

    public void BackendKeyData(int pid, int key)
    {
        Begin('K');
        _buffer.WriteInt32(pid);
        _buffer.WriteInt32(key);
        End();
    }

    /// <param name="transactionStatus">'I' idle, 'T' in a transaction block, 'E' in a failed one.</param>
    public void ReadyForQuery(char transactionStatus)
    {
        Begin('Z');
        _buffer.WriteByte((byte)transactionStatus);
        End();
    }

    /// <summary>Newest minor version of protocol 3 that we speak, and the options we do not know.</summary>
    public void NegotiateProtocolVersion(IReadOnlyList<string> unknownOptions)
    {
        Begin('v');
        _buffer.WriteInt32(StartupPacket.LatestProtocol);
        _buffer.WriteInt32(unknownOptions.Count);
        foreach (string option in unknownOptions)
            _buffer.WriteCString(option);
        End();
    }

    public void RowDescription(params ReadOnlySpan<FieldDescription> fields)
    {
        Begin('T');
        _buffer.WriteInt16((short)fields.Length);
        foreach (ref readonly FieldDescription field in fields)
        {
            _buffer.WriteCString(field.Name);
            _buffer.WriteInt32(0); // table
            _buffer.WriteInt16(0); // column number in it
            _buffer.WriteInt32((int)field.TypeOid);
            _buffer.WriteInt16(field.TypeLength);
            _buffer.WriteInt32(field.TypeModifier);
            _buffer.WriteInt16(field.Format);
        }
        End();
    }

    public void BeginDataRow(int columns)
    {
        Begin('D');
        _buffer.Limit = maxPendingRows;
        _buffer.WriteInt16((short)columns);
    }

    public void NullColumn() => _buffer.WriteInt32(-1);

    public void Column(ReadOnlySpan<byte> value)
    {
        _buffer.WriteInt32(value.Length);
        _buffer.Write(value);
    }

    public void Column(string? value)
    {
        if (value is null)
        {
            NullColumn();
            return;
        }
        BeginColumn();
        _buffer.WriteText(value);
        EndColumn();
    }

    /// <summary>A column whose length is not known yet: write it to <see cref="Buffer"/>, then <see cref="EndColumn"/>.</summary>
    public void BeginColumn()
    {
        _columnStart = _buffer.Length;
        _buffer.WriteInt32(0);
    }

    public void EndColumn()
    {
        _buffer.PatchInt32(_columnStart, _buffer.Length - _columnStart - 4);
        _columnStart = -1;
    }

    public void EndDataRow()
    {
        _buffer.Limit = Array.MaxLength;
        End();
    }

    /// <summary>One row of text columns.</summary>
    public void DataRow(params ReadOnlySpan<string?> columns)
    {
        BeginDataRow(columns.Length);
        foreach (string? column in columns)
            Column(column);
        EndDataRow();
    }

    public void CommandComplete(string tag)
    {
        Begin('C');
        _buffer.WriteCString(tag);
        End();
    }

    /// <summary>A tag that ends in a number of rows: <c>SELECT 3</c>.</summary>
    public void CommandComplete(string tag, long rows)
    {
        Begin('C');
        _buffer.WriteText(tag);
        _buffer.WriteByte((byte)' ');
        _buffer.WriteFormatted(rows);
        _buffer.WriteByte(0);
        End();
    }

    public void EmptyQueryResponse() => Empty('I');
    public void ParseComplete() => Empty('1');
    public void BindComplete() => Empty('2');
    public void CloseComplete() => Empty('3');
    public void NoData() => Empty('n');
    public void PortalSuspended() => Empty('s');
    public void CopyDone() => Empty('c');

    public void ParameterDescription(params ReadOnlySpan<uint> typeOids)
    {
        Begin('t');
        _buffer.WriteInt16((short)typeOids.Length);
        foreach (uint oid in typeOids)
            _buffer.WriteInt32((int)oid);
        End();
    }

    /// <summary>Replication streams have no columns and text format.</summary>
    public void CopyBothResponse()
    {
        Begin('W');
        _buffer.WriteByte(0);
        _buffer.WriteInt16(0);
        End();
    }

    /// <summary>Write the data to <see cref="Buffer"/>, then <see cref="EndCopyData"/>.</summary>
    public void BeginCopyData() => Begin('d');

    public void EndCopyData() => End();

    /// <param name="severity">ERROR; FATAL when the connection ends with it.</param>
    /// <param name="position">Where in the query, in characters from 1; 0 for nowhere.</param>
    public void ErrorResponse(PgException error, string severity = "ERROR", int position = 0)
    {
        Abandon();
        Begin('E');
        Fields(severity, error.SqlState, error.Message, error.Detail, error.Hint, position);
        End();
    }

    public void NoticeResponse(Notice notice)
    {
        Begin('N');
        Fields(notice.Severity, notice.SqlState, notice.Message, notice.Detail, notice.Hint, 0);
        End();
    }

    private void Fields(string severity, string sqlState, string message, string? detail, string? hint, int position)
    {
        Field('S', severity);
        Field('V', severity);
        Field('C', sqlState);
        Field('M', message);
        if (detail is not null)
            Field('D', detail);
        if (hint is not null)
            Field('H', hint);
        if (position > 0)
            Field('P', position.ToString());
        _buffer.WriteByte(0);
    }

    private void Field(char code, string value)
    {
        _buffer.WriteByte((byte)code);
        _buffer.WriteCString(value);
    }

    private void Empty(char type)
    {
        Begin(type);
        End();
    }

    private void Begin(char type)
    {
        if (_messageStart >= 0)
            throw new InvalidOperationException("a message is still being written");
        _messageStart = _buffer.Length;
        _buffer.WriteByte((byte)type);
        _buffer.WriteInt32(0);
    }

    private void End()
    {
        _buffer.PatchInt32(_messageStart + 1, _buffer.Length - _messageStart - 1);
        _messageStart = -1;
    }
}
