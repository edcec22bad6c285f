using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Tests;

[TestFixture]
public sealed class MessageWriterTests
{
    [Test]
    public void Every_message_has_PostgreSQLs_layout()
    {
        var writer = new MessageWriter();
        writer.AuthenticationOk();
        writer.Authentication(5, [1, 2, 3, 4]);
        writer.ParameterStatus("a", "b");
        writer.BackendKeyData(1, -1);
        writer.ReadyForQuery('T');
        writer.RowDescription(new FieldDescription("c", 25, -1, 7, 1));
        writer.DataRow("x", null, "");
        writer.CommandComplete("SELECT", 12);
        writer.ParameterDescription(23, 25);
        writer.CopyBothResponse();
        writer.BeginCopyData();
        writer.Buffer.WriteByte((byte)'k');
        writer.EndCopyData();
        writer.CopyDone();
        Assert.That(Convert.ToHexString(writer.Pending.Span), Is.EqualTo(string.Concat(
            "52" + "00000008" + "00000000",
            "52" + "0000000C" + "00000005" + "01020304",
            "53" + "00000008" + "6100" + "6200",
            "4B" + "0000000C" + "00000001" + "FFFFFFFF",
            "5A" + "00000005" + "54",
            "54" + "0000001A" + "0001" + "6300" + "00000000" + "0000" + "00000019" + "FFFF" + "00000007" + "0001",
            "44" + "00000013" + "0003" + "00000001" + "78" + "FFFFFFFF" + "00000000",
            "43" + "0000000E" + Convert.ToHexString(Encoding.ASCII.GetBytes("SELECT 12\0")),
            "74" + "0000000E" + "0002" + "00000017" + "00000019",
            "57" + "00000007" + "00" + "0000",
            "64" + "00000005" + "6B",
            "63" + "00000004")));
    }

    [Test]
    public void Error_carries_both_severities_and_its_place()
    {
        var writer = new MessageWriter();
        writer.ErrorResponse(new PgException("42601", "m", "d", "h"), "FATAL", 9);
        Assert.That(Encoding.ASCII.GetString(writer.Pending.Span[5..]), Is.EqualTo("SFATAL\0VFATAL\0C42601\0Mm\0Dd\0Hh\0P9\0\0"));
    }

    [Test]
    public void Abandoned_message_leaves_no_bytes_behind()
    {
        var writer = new MessageWriter();
        writer.ParseComplete();
        writer.BeginDataRow(2);
        writer.Column("half");
        writer.Abandon();
        writer.BindComplete();
        Assert.That(BackendMessages.Decode(writer.Pending.Span), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public void Rows_beyond_the_limit_are_refused_and_the_error_still_fits()
    {
        var writer = new MessageWriter(maxPendingRows: 100_000);
        PgException error = Assert.Throws<PgException>(() =>
        {
            while (true)
                writer.DataRow(new string('x', 1000));
        })!;
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.ProgramLimitExceeded));
        writer.ErrorResponse(error);
        List<string> lines = BackendMessages.Decode(writer.Pending.Span);
        Assert.That(lines[^1], Is.EqualTo("E V=ERROR C=54000 M=result exceeds the limit of 100000 bytes"));
        Assert.That(lines, Has.Count.InRange(90, 100));
    }

    [Test]
    public void Bytes_go_out_in_any_portions()
    {
        var writer = new MessageWriter();
        var sent = new List<byte>();
        for (int i = 0; i < 1000; i++)
        {
            writer.DataRow(i.ToString(), new string('y', i));
            int portion = Math.Min(i * 37 % 1500, writer.Pending.Length);
            sent.AddRange(writer.Pending[..portion].ToArray());
            writer.Consume(portion);
        }
        sent.AddRange(writer.Pending.ToArray());
        List<string> lines = BackendMessages.Decode(sent.ToArray());
        Assert.That(lines, Has.Count.EqualTo(1000));
        Assert.That(lines[999], Is.EqualTo("D 999|" + new string('y', 999)));
    }
}
