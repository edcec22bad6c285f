using System.Globalization;
using System.Text;
using Pgrepl.Shared.Ipc;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace Pgrepl.Shared.Processes;

/// <summary>The server log: PostgreSQL's line, severities and wording, on standard error.</summary>
/// <remarks><c>2026-11-22 07:05:00.123 UTC [pid] LOG:  text</c>; DETAIL and HINT are lines of their own. Passwords in a
/// connection string, such as a parameter that changed, are masked, which PostgreSQL does not do. Under systemd every line starts with
/// &lt;N&gt;, the syslog priority. Source of truth: log_line_prefix and write_stderr of PostgreSQL 15, src/backend/utils/error/elog.c.</remarks>
public sealed class ServerLog : IDisposable
{
    private readonly Logger _logger;
    private RecentErrors? _errors;
    private ProcessKind _kind;

    public ServerLog(LogEventLevel minimum = LogEventLevel.Information)
    {
        Level = new LoggingLevelSwitch(minimum);
        _logger = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(Level)
            .WriteTo.Console(new LineFormatter(Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null), standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
    }

    public LoggingLevelSwitch Level { get; }

    /// <summary>For Serilog.Extensions.Logging.</summary>
    public Serilog.ILogger Serilog => _logger;

    /// <summary>From now on errors are remembered in the segment too, for pgrepl status.</summary>
    /// <param name="kind">Whose log this is; None: the postmaster's.</param>
    public void RememberErrors(RecentErrors errors, ProcessKind kind) => (_errors, _kind) = (errors, kind);

    public void Debug(string message) => Write(LogEventLevel.Debug, message);

    public void Log(string message, string? detail = null, string? hint = null) => Write(LogEventLevel.Information, message, detail, hint);

    public void Warning(string message, string? detail = null, string? hint = null) => Write(LogEventLevel.Warning, message, detail, hint);

    public void Error(PgException error)
    {
        Remember(ErrorSeverity.Error, error.SqlState, error.Message);
        Write(LogEventLevel.Error, error.Message, error.LogDetail ?? error.Detail, error.Hint);
    }

    public void Fatal(string message, string? detail = null, string? hint = null, string sqlState = SqlStates.InternalError)
    {
        Remember(ErrorSeverity.Fatal, sqlState, message);
        Write(LogEventLevel.Fatal, message, detail, hint);
    }

    public void Fatal(PgException error) => Fatal(error.Message, error.LogDetail ?? error.Detail, error.Hint, error.SqlState);

    /// <summary>The process ends after it. An error that is meant for users is told as such; one that nobody expected, with the place it came from.</summary>
    public void Panic(Exception error)
    {
        PgException? known = error as PgException ?? error.InnerException as PgException;
        string message = known?.Message ?? $"{error.GetType().Name}: {error.Message}";
        Remember(ErrorSeverity.Panic, known?.SqlState ?? SqlStates.InternalError, message);
        Write(LogEventLevel.Fatal, message, known is null ? error.StackTrace : known.LogDetail ?? known.Detail, known?.Hint, "PANIC");
    }

    public void Panic(string message)
    {
        Remember(ErrorSeverity.Panic, SqlStates.InternalError, message);
        Write(LogEventLevel.Fatal, message, null, null, "PANIC");
    }

    public void Dispose() => _logger.Dispose();

    private void Remember(ErrorSeverity severity, string sqlState, string message) => _errors?.Note(severity, _kind, sqlState, message);

    private void Write(LogEventLevel level, string message, string? detail = null, string? hint = null, string? severity = null)
    {
        if (!_logger.IsEnabled(level))
            return;
        StringBuilder text = new(SecretText.Mask(message));
        if (detail is not null)
            text.Append('\n').Append("DETAIL:  ").Append(SecretText.Mask(detail));
        if (hint is not null)
            text.Append('\n').Append("HINT:  ").Append(hint);
        LogEvent entry = new(DateTimeOffset.UtcNow, level, null, new MessageTemplate([new TextToken(text.ToString())]), []);
        if (severity is not null)
            entry.AddOrUpdateProperty(new LogEventProperty("Severity", new ScalarValue(severity)));
        _logger.Write(entry);
    }

    /// <summary>Lays one event out as whole lines; one event is one write.</summary>
    private sealed class LineFormatter(bool priorities) : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output)
        {
            string severity = logEvent.Properties.TryGetValue("Severity", out LogEventPropertyValue? value) && value is ScalarValue { Value: string text }
                ? text
                : logEvent.Level switch
                {
                    LogEventLevel.Verbose or LogEventLevel.Debug => "DEBUG",
                    LogEventLevel.Information => "LOG",
                    LogEventLevel.Warning => "WARNING",
                    LogEventLevel.Error => "ERROR",
                    _ => "FATAL",
                };
            string priority = !priorities ? "" : logEvent.Level switch
            {
                LogEventLevel.Verbose or LogEventLevel.Debug => "<7>",
                LogEventLevel.Information => "<6>",
                LogEventLevel.Warning => "<4>",
                LogEventLevel.Error => "<3>",
                _ => "<2>",
            };
            string prefix = string.Create(CultureInfo.InvariantCulture, $"{priority}{logEvent.Timestamp:yyyy-MM-dd HH:mm:ss.fff} UTC [{Environment.ProcessId}] ");
            string[] lines = logEvent.RenderMessage(CultureInfo.InvariantCulture).Split('\n');
            StringBuilder block = new();
            for (int i = 0; i < lines.Length; i++)
            {
                if (i == 0)
                    block.Append(prefix).Append(severity).Append(":  ").Append(lines[i]).Append('\n');
                else if (lines[i].StartsWith("DETAIL:  ", StringComparison.Ordinal) || lines[i].StartsWith("HINT:  ", StringComparison.Ordinal))
                    block.Append(prefix).Append(lines[i]).Append('\n');
                else
                    block.Append(priority).Append('\t').Append(lines[i]).Append('\n');
            }
            output.Write(block);
        }
    }
}
