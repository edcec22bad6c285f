using System.Text;
using Pgrepl.Shared;
using Pgrepl.WalSender.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>The extended protocol: Parse, Bind, Describe, Execute, Close, Sync.</summary>
internal sealed partial class SqlSession
{
    private readonly Dictionary<string, (PreparedStatement Statement, string Text)> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Portal> _portals = new(StringComparer.Ordinal);
    private readonly Portal _unnamedPortal = new();
    private bool _unnamedPortalIsOpen;
    private (PreparedStatement Statement, string Text)? _unnamed;

    private void Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        string name = DecodeText(reader.ReadCString());
        ReadOnlySpan<byte> key = payload[(payload.Length - reader.Remaining)..];
        ReadOnlySpan<byte> query = reader.ReadCString();
        int declared = reader.ReadCount();
        uint[] types = declared > 0 ? new uint[declared] : [];
        for (int i = 0; i < declared; i++)
            types[i] = (uint)reader.ReadInt32();
        reader.End();

        if (name.Length == 0)
            _unnamed = null;
        _host.ReportQuery(query);
        ParsedText? parsed = _cache.Find(key);
        _text = parsed?.Text ?? DecodeText(query);
        if (parsed is null)
        {
            parsed = new ParsedText(_text, Parser.Parse(_text));
            if (parsed.Statements.Count > 1)
                throw new PgException(SqlStates.SyntaxError, "cannot insert multiple commands into a prepared statement");
            _cache.Add(key, parsed);
        }
        if (parsed.Statements.Count > 0)
            RefuseInFailedBlock(parsed.Statements[0]);
        StartStatement(parsed.Statements.Count > 0 ? parsed.Statements[0] : null);
        PreparedStatement statement = parsed.Statements.Count == 0 ? new PreparedStatement(null, types, _sources) : parsed.Plan(0, types, _sources);
        if (statement.Syntax is ShowSettingStatement { Name: { } setting })
            _settings.Show(setting); // an unknown one is said now
        if (name.Length == 0)
            _unnamed = (statement, _text);
        else if (_statements.Count >= SqlLimits.MaxPrepared)
            throw new PgException(SqlStates.ProgramLimitExceeded, $"cannot have more than {SqlLimits.MaxPrepared} prepared statements");
        else if (_text.Length > SqlLimits.CachedStatementBytes && _statements.Values.Sum(held => (long)held.Text.Length) + _text.Length > SqlLimits.MaxPreparedBytes / sizeof(char))
            throw new PgException(SqlStates.ProgramLimitExceeded, $"prepared statements cannot hold more than {SqlLimits.MaxPreparedBytes} bytes");
        else if (!_statements.TryAdd(name, (statement, _text)))
            throw new PgException(SqlErrors.DuplicatePreparedStatement, $"prepared statement \"{name}\" already exists");
        _writer.ParseComplete();
    }

    private void Bind(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        string portalName = DecodeText(reader.ReadCString());
        string statementName = DecodeText(reader.ReadCString());
        (PreparedStatement statement, _text) = FindStatement(statementName);
        ReportQuery(_text);
        int formatCount = reader.ReadCount();
        ReadOnlySpan<byte> formats = reader.ReadBytes(formatCount * 2);
        int count = reader.ReadCount();
        if (formatCount > 1 && formatCount != count)
            throw new PgException(SqlStates.ProtocolViolation, $"bind message has {formatCount} parameter formats but {count} parameters");
        if (count != statement.ParameterTypes.Length)
            throw new PgException(SqlStates.ProtocolViolation, $"bind message supplies {count} parameters, but prepared statement \"{statementName}\" requires {statement.ParameterTypes.Length}");
        RefuseInFailedBlock(statement.Syntax);
        StartStatement(statement.Syntax);

        ThrowConstantError(statement);
        if (payload.Length > SqlLimits.CachedStatementBytes && _portals.Values.Sum(held => (long)held.HeldBytes) + payload.Length > SqlLimits.MaxPreparedBytes)
            throw new PgException(SqlStates.ProgramLimitExceeded, $"portals cannot hold more than {SqlLimits.MaxPreparedBytes} bytes");
        Portal portal = OpenPortal(portalName);
        byte[] copy = portal.Reset(statement, _text, payload);
        portal.Savepoints = _savepoints.Count;
        for (int i = 0; i < count; i++)
        {
            int length = reader.ReadInt32();
            int offset = payload.Length - reader.Remaining;
            if (length != -1)
                reader.ReadBytes(length);
            int format = formatCount == 0 ? 0 : formats[(formatCount == 1 ? 0 : i) * 2] << 8 | formats[(formatCount == 1 ? 0 : i) * 2 + 1];
            portal.Parameters[i] = length == -1 ? SqlValue.Null : Parameter(statement.ParameterTypes[i], format, copy, offset, length, i + 1);
        }
        int results = reader.ReadCount();
        if (results > 1 && results != statement.Columns.Length)
            throw new PgException(SqlStates.ProtocolViolation, $"bind message has {results} result formats but query has {statement.Columns.Length} columns");
        if (results > 0)
            portal.Formats = new short[results];
        for (int i = 0; i < results; i++)
            if ((portal.Formats[i] = reader.ReadInt16()) is not (0 or 1))
                throw new PgException(SqlStates.InvalidParameterValue, $"unsupported format code: {portal.Formats[i]}");
        reader.End();
        if (portalName.Length == 0)
            _unnamedPortalIsOpen = true;
        else
            _portals.Add(portalName, portal);
        _writer.BindComplete();
    }

    private Portal OpenPortal(string name)
    {
        if (name.Length == 0)
        {
            _unnamedPortalIsOpen = false;
            return _unnamedPortal;
        }
        if (_portals.ContainsKey(name))
            throw new PgException(SqlErrors.DuplicateCursor, $"cursor \"{name}\" already exists");
        return _portals.Count < SqlLimits.MaxPrepared ? new Portal() : throw new PgException(SqlStates.ProgramLimitExceeded, $"cannot have more than {SqlLimits.MaxPrepared} portals");
    }

    private SqlValue Parameter(SqlType type, int format, byte[] copy, int offset, int length, int number)
    {
        if (format is not (0 or 1))
            throw new PgException(SqlStates.InvalidParameterValue, $"unsupported format code: {format}");
        if (format == 0 || type.IsTextLike)
            TextEncoding.Check(copy.AsSpan(offset, length));
        if (format == 0)
            return TypeInput.Read(type, SqlValue.FromBytes(copy, offset, length), _context.TransactionTime, _context.Style.Zone);
        SqlValue value = TypeBinary.Receive(type, copy, offset, length);
        return value.IsNull ? throw new PgException(SqlErrors.InvalidBinaryRepresentation, $"incorrect binary data format in bind parameter {number}") : value;
    }

    private void Describe(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        byte what = reader.ReadByte();
        string name = DecodeText(reader.ReadCString());
        reader.End();
        PreparedStatement statement;
        Portal? portal = null;
        if (what == (byte)'S')
            statement = FindStatement(name).Statement;
        else if (what == (byte)'P')
            statement = (portal = FindPortal(name)).Statement;
        else
            throw new PgException(SqlStates.ProtocolViolation, $"invalid DESCRIBE message subtype {what}");
        if (statement.ReturnsRows)
            RefuseInFailedBlock(statement.Syntax);
        StartStatement();
        if (portal is null)
            _writer.ParameterDescription(Array.ConvertAll(statement.ParameterTypes, type => type.TypeOid));
        if (!statement.ReturnsRows)
            _writer.NoData();
        else if (portal is null || portal.Formats.Length == 0)
            _writer.RowDescription(statement.Columns);
        else
            _writer.RowDescription([.. statement.Columns.Select((column, i) => column with { Format = portal.FormatOf(i) })]);
    }

    private void Execute(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        string name = DecodeText(reader.ReadCString());
        int most = reader.ReadInt32();
        reader.End();
        Portal portal = FindPortal(name);
        PreparedStatement statement = portal.Statement;
        _text = portal.Text;
        ReportQuery(_text);
        if (statement.Syntax is not { } syntax)
        {
            _writer.EmptyQueryResponse();
            return;
        }
        RefuseInFailedBlock(syntax);
        StartStatement(syntax);
        _context.Parameters = portal.Parameters;
        if (!statement.ReturnsRows)
        {
            if (portal.IsDone)
                throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"portal \"{name}\" cannot be run");
            portal.IsDone = true;
            string tag = RunCommand(syntax, alone: true) ?? syntax.Tag;
            _host.StatementEnds();
            _writer.CommandComplete(tag);
            return;
        }
        _sending = statement;
        _sendingPortal = portal;
        _rowsSent = 0;
        bool suspended = Fetch(portal, most);
        _host.StatementEnds();
        if (suspended)
            _writer.PortalSuspended();
        else
            Complete(syntax.Tag, syntax is SelectStatement, _rowsSent);
    }

    /// <summary>Sends rows, all of them or <paramref name="most"/>; only then are the others kept.</summary>
    /// <returns>The client asked for no more; there may be.</returns>
    private bool Fetch(Portal portal, int most)
    {
        if (!portal.IsDone && most <= 0)
            RunRows(portal.Statement, _sendRow);
        else if (!portal.IsDone)
        {
            var rows = new Queue<SqlValue[]>();
            RunRows(portal.Statement, row =>
            {
                if (rows.Count == SqlLimits.MaxRows)
                    throw new PgException(SqlStates.ProgramLimitExceeded, $"cannot hold more than {SqlLimits.MaxRows} rows of a portal");
                rows.Enqueue((SqlValue[])row.Clone());
            });
            portal.Rows = rows;
        }
        portal.IsDone = true;
        while (portal.Rows is { Count: > 0 } rest && (most <= 0 || _rowsSent < most))
            SendRow(rest.Dequeue());
        return most > 0 && _rowsSent == most;
    }

    private void Close(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        byte what = reader.ReadByte();
        string name = DecodeText(reader.ReadCString());
        reader.End();
        if (what == (byte)'S' && name.Length == 0)
            _unnamed = null;
        else if (what == (byte)'S')
            _statements.Remove(name);
        else if (what == (byte)'P' && name.Length == 0)
            _unnamedPortalIsOpen = false;
        else if (what == (byte)'P')
            _portals.Remove(name);
        else
            throw new PgException(SqlStates.ProtocolViolation, $"invalid CLOSE message subtype {what}");
        _writer.CloseComplete();
    }

    private void Sync(ReadOnlySpan<byte> payload)
    {
        _skipUntilSync = false;
        new PayloadReader(payload).End();
        _host.StatementEnds();
        if (_block == Block.None)
            CommitTransaction();
        Ready();
    }

    private (PreparedStatement Statement, string Text) FindStatement(string name)
    {
        if (name.Length == 0)
            return _unnamed ?? throw new PgException(SqlStates.InvalidSqlStatementName, "unnamed prepared statement does not exist");
        return _statements.TryGetValue(name, out var found) ? found : throw NoStatement(name);
    }

    private static PgException NoStatement(string name) => new(SqlStates.InvalidSqlStatementName, $"prepared statement \"{name}\" does not exist");

    private Portal FindPortal(string name)
    {
        Portal? portal = name.Length == 0 ? _unnamedPortalIsOpen ? _unnamedPortal : null : _portals.GetValueOrDefault(name);
        return portal ?? throw new PgException(SqlStates.InvalidCursorName, $"portal \"{name}\" does not exist");
    }
}
