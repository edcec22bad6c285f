using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>Statements that give rows, and the rows' way to the client.</summary>
internal sealed partial class SqlSession
{
    private PreparedStatement? _sending;
    private Portal? _sendingPortal;
    private long _rowsSent;

    private void RunRows(PreparedStatement statement, Action<SqlValue[]> take)
    {
        if (statement.Select is { } plan)
        {
            plan.Run(_context, take);
            return;
        }
        var show = (ShowSettingStatement)statement.Syntax!;
        if (show.Name is not null)
            take([SqlValue.From(_settings.Show(show.Name))]);
        else
            foreach (SettingRow setting in _settings.All())
                take([SqlValue.From(setting.Name), SqlValue.From(setting.Shown), SqlValue.From(setting.Description)]);
    }

    /// <summary>All values are there before the row is begun, so that nothing fails or waits with half a row in the buffer.</summary>
    private void SendRow(SqlValue[] values)
    {
        SqlType[] types = _sending!.Types;
        TextStyle style = _settings.Style;
        _writer.BeginDataRow(types.Length);
        for (int i = 0; i < types.Length; i++)
        {
            SqlValue value = values[i];
            if (value.IsNull)
            {
                _writer.NullColumn();
                continue;
            }
            _writer.BeginColumn();
            if (_sendingPortal is { } portal && portal.FormatOf(i) == 1)
                TypeBinary.Send(_writer.Buffer, types[i], value);
            else
                TypeOutput.Write(_writer.Buffer, types[i], value, style);
            _writer.EndColumn();
        }
        _writer.EndDataRow();
        _rowsSent++;
    }

    /// <summary>Parameters that PostgreSQL reports to the client, at the start and when they change, and the first major that does. 16 and 17 report scram_iterations too, of which
    /// we have none.</summary>
    private static readonly (string Name, int Since)[] ReportedParameters =
    [
        ("application_name", 10), ("client_encoding", 10), ("DateStyle", 10), ("default_transaction_read_only", 14), ("in_hot_standby", 14), ("integer_datetimes", 10),
        ("IntervalStyle", 10), ("is_superuser", 10), ("search_path", 18), ("server_encoding", 10), ("server_version", 10), ("session_authorization", 10),
        ("standard_conforming_strings", 10), ("TimeZone", 10),
    ];

    private bool _reports;
    private readonly string?[] _reported = new string?[ReportedParameters.Length];

    /// <summary>Writes ParameterStatus for all of them; belongs between AuthenticationOk and BackendKeyData. A session that was never asked to leaves the reports to its caller.</summary>
    public void ReportAllParameters()
    {
        Array.Clear(_reported);
        _reports = _settings.MayHaveChanged = true;
        ReportChangedParameters();
    }

    /// <summary>Writes ParameterStatus for what differs from what was last reported; the session does so before ReadyForQuery.</summary>
    /// <param name="anyway">The host has changed something by itself: a reload, in_hot_standby at promotion.</param>
    public void ReportChangedParameters(bool anyway = false)
    {
        if (!_reports || (!_settings.MayHaveChanged && !anyway))
            return;
        if (anyway)
            _settings.HasChanged();
        _settings.MayHaveChanged = false;
        for (int i = 0; i < ReportedParameters.Length; i++)
        {
            (string name, int since) = ReportedParameters[i];
            if (_host.ServerMajor < since)
                continue;
            string value = _settings.Show(name);
            if (value == _reported[i])
                continue;
            _reported[i] = value;
            _writer.ParameterStatus(name, value);
        }
    }

    /// <summary>Sends a warning, unless client_min_messages is error.</summary>
    private void Warn(string sqlState, string message) => Tell(Notice.Warning(sqlState, message));

    private void Tell(Notice notice)
    {
        if (_settings.Show("client_min_messages") != "error")
            _writer.NoticeResponse(notice);
    }
}
