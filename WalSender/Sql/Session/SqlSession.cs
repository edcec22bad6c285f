using System.Text;
using System.Text.Unicode;
using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;
using Pgrepl.WalSender.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>One client's SQL session: messages in, answers into the writer. No sockets: whoever calls sends what is pending.</summary>
/// <remarks>
/// Source of truth: PostgresMain and exec_…_message, PostgreSQL 15, src/backend/tcop/postgres.c.
/// Every statement runs in a transaction of the host. Outside BEGIN, that of a simple query ends with its message, that of extended messages at Sync.
/// </remarks>
internal sealed partial class SqlSession
{
    private readonly ISqlHost _host;
    private readonly MessageWriter _writer;
    private readonly SqlSettings _settings;
    private readonly EvaluationContext _context;
    private readonly RowSources _sources;
    private readonly StatementCache _cache = new();
    private readonly Action<SqlValue[]> _sendRow;

    private static ReadOnlySpan<byte> MessageTypes => "QPBDECSHFdcf"u8;

    private string? _text;
    private bool _skipUntilSync;

    public SqlSession(ISqlHost host, MessageWriter writer)
    {
        _host = host;
        _writer = writer;
        _settings = new SqlSettings(host);
        _context = new EvaluationContext(host, _settings);
        _sources = new RowSources(host.ServerMajor);
        _sendRow = SendRow;
    }

    /// <summary>'I' idle, 'T' in a transaction block, 'E' in a failed one: the byte of ReadyForQuery.</summary>
    public char TransactionStatus => _block switch
    {
        Block.None => 'I',
        Block.Open => 'T',
        _ => 'E',
    };

    /// <summary>A setting as SHOW prints it.</summary>
    /// <exception cref="PgException">42704: there is none of that name.</exception>
    public string ShowSetting(string name) => _settings.Show(name);

    /// <summary>Told of every error that is answered, with the statement's text if there is one: for the log.</summary>
    public Action<PgException, string?>? OnError { get; set; }

    /// <summary>An error in the extended protocol is being skipped over: messages do nothing until Sync.</summary>
    public bool IsSkipping => _skipUntilSync;

    /// <summary>Runs one message and writes its answer: Q P B D E C S H F; d, c and f have no meaning here and are ignored.</summary>
    /// <exception cref="PgException">08P01: no message of a SQL session.</exception>
    /// <exception cref="OperationCanceledException">From the host; the session is over.</exception>
    public void HandleMessage(byte type, ReadOnlySpan<byte> payload)
    {
        if (!MessageTypes.Contains(type))
            throw new PgException(SqlStates.ProtocolViolation, $"invalid frontend message type {type}");
        if ((_skipUntilSync && type != (byte)'S') || type is (byte)'d' or (byte)'c' or (byte)'f')
            return;
        _text = null;
        try
        {
            Dispatch(type, payload);
        }
        catch (PgException error)
        {
            Fail(type, error);
        }
        finally
        {
            _writer.Abandon();
        }
    }

    /// <summary>Answers a message that could not be taken as one (54000 from the reader) like any other error.</summary>
    public void RefuseMessage(byte type, PgException error)
    {
        _text = null;
        if (type != (byte)'d' && (!_skipUntilSync || type == (byte)'S')) // CopyData has no meaning here, of whatever length
            Fail(type, error);
    }

    /// <summary>For a caller that has answered the error of a command of its own: the transaction is rolled back, a block waits for its end.</summary>
    public void FailTransaction() => AbortTransaction();

    /// <summary>As <see cref="FailTransaction"/>, and messages do nothing until Sync.</summary>
    public void SkipUntilSync()
    {
        FailTransaction();
        _skipUntilSync = true;
    }

    private void Dispatch(byte type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case (byte)'Q':
                SimpleQuery(payload);
                break;
            case (byte)'P':
                Parse(payload);
                break;
            case (byte)'B':
                Bind(payload);
                break;
            case (byte)'D':
                Describe(payload);
                break;
            case (byte)'E':
                Execute(payload);
                break;
            case (byte)'C':
                Close(payload);
                break;
            case (byte)'S':
                Sync(payload);
                break;
            case (byte)'H':
                new PayloadReader(payload).End();
                break;
            case (byte)'F':
                throw SqlErrors.NotSupported("function calls by message are not supported by this node", "Call the function in a SELECT.");
        }
    }

    /// <summary>The statement's transaction is rolled back; a block stays open as a failed one.</summary>
    private void Fail(byte type, PgException error)
    {
        _host.StatementEnds();
        OnError?.Invoke(error, _text);
        _writer.ErrorResponse(error, "ERROR", _text is null ? 0 : error.Position(_text));
        AbortTransaction();
        if (type is (byte)'P' or (byte)'B' or (byte)'D' or (byte)'E' or (byte)'C' or (byte)'H')
            _skipUntilSync = true;
        else
            Ready();
    }

    private void Ready()
    {
        ReportChangedParameters();
        _writer.ReadyForQuery(TransactionStatus);
    }

    private void SimpleQuery(ReadOnlySpan<byte> payload)
    {
        _unnamed = null;
        _unnamedPortalIsOpen = false;
        _host.ReportQuery(payload.IsEmpty ? payload : payload[..^1]);
        ParsedText parsed = _cache.Find(payload) ?? ParseText(payload);
        _text = parsed.Text;
        int last = parsed.Statements.Count - 1;
        for (int i = 0; i <= last; i++)
        {
            Statement syntax = parsed.Statements[i];
            RefuseInFailedBlock(syntax);
            StartStatement(syntax);
            PreparedStatement statement = parsed.Plan(i, null, _sources);
            _context.Parameters = [];
            string? tag = RunSimple(statement, alone: last == 0, out long rows);
            _host.StatementEnds();
            if (i == last && _block == Block.None)
                CommitTransaction();
            Complete(tag ?? syntax.Tag, syntax is SelectStatement, rows);
        }
        if (last < 0)
            _writer.EmptyQueryResponse();
        Ready();
    }

    private ParsedText ParseText(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        ReadOnlySpan<byte> query = reader.ReadCString();
        reader.End();
        _text = DecodeText(query);
        var parsed = new ParsedText(_text, Parser.Parse(_text));
        _cache.Add(payload, parsed);
        return parsed;
    }

    private void Complete(string tag, bool counted, long rows)
    {
        if (counted)
            _writer.CommandComplete(tag, rows);
        else
            _writer.CommandComplete(tag);
    }

    private string? RunSimple(PreparedStatement statement, bool alone, out long rows)
    {
        rows = 0;
        if (!statement.ReturnsRows)
            return RunCommand(statement.Syntax!, alone);
        ThrowConstantError(statement);
        _sending = statement;
        _sendingPortal = null;
        _rowsSent = 0;
        if (statement.Syntax is ShowSettingStatement { Name: { } name })
            _settings.Show(name); // unknown: said before the result begins
        _writer.RowDescription(statement.Columns);
        RunRows(statement, _sendRow);
        rows = _rowsSent;
        return null;
    }

    /// <summary>PostgreSQL computes constants when it plans, which is before a result begins or a portal is made.</summary>
    private static void ThrowConstantError(PreparedStatement statement)
    {
        if (statement.Select?.ConstantError is { } error)
            throw new PgException(error.SqlState, error.Message, error.Detail, error.Hint, error);
    }

    /// <summary>The text of a statement that is run by its name.</summary>
    private void ReportQuery(string text)
    {
        Span<byte> start = stackalloc byte[SqlLimits.ActivityTextBytes];
        Utf8.FromUtf16(text, start, out _, out int length);
        _host.ReportQuery(start[..length]);
    }

    /// <exception cref="PgException">22021: not UTF-8.</exception>
    private static string DecodeText(ReadOnlySpan<byte> text)
    {
        TextEncoding.Check(text);
        return Encoding.UTF8.GetString(text);
    }
}
