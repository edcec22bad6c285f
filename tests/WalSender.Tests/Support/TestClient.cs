using Pgrepl.Shared.Protocol;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>A client of a session without sockets: bytes through reader, session and writer.</summary>
internal sealed class TestClient
{
    private readonly MessageReader _reader = new();

    public TestClient(FakeHost? host = null)
    {
        Host = host ?? new FakeHost();
        Session = new SqlSession(Host, Writer);
    }

    public FakeHost Host { get; }
    public MessageWriter Writer { get; } = new();
    public SqlSession Session { get; }

    /// <summary>The session's answers as lines; ParameterStatus is left out.</summary>
    public List<string> Send(FrontendMessages messages)
    {
        Feed(messages.Bytes);
        List<string> lines = BackendMessages.Decode(Writer.Pending.Span);
        Writer.Consume(Writer.Pending.Length);
        lines.RemoveAll(line => line.StartsWith("S ", StringComparison.Ordinal));
        return lines;
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _reader.Append(bytes);
        while (_reader.TryRead(out byte type, out ReadOnlySpan<byte> payload))
            Session.HandleMessage(type, payload);
    }

    public List<string> Query(string sql) => Send(FrontendMessages.New().Query(sql));

    /// <summary>The one row of a query as text.</summary>
    public string Row(string sql)
    {
        List<string> lines = Query(sql);
        Assert.That(lines, Has.Count.EqualTo(4), string.Join("\n", lines));
        return lines[1][2..];
    }

    /// <summary>The error a query ends in.</summary>
    public string Error(string sql)
    {
        List<string> lines = Query(sql);
        Assert.That(lines[^2], Does.StartWith("E "), string.Join("\n", lines));
        return lines[^2][2..];
    }
}
