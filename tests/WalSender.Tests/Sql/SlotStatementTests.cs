using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

[TestFixture]
public sealed class SlotStatementTests
{
    private readonly TestClient _client = new(new FakeHost());

    [Test]
    public void A_slot_is_made_in_a_target_list_or_in_from_and_dropped()
    {
        Assert.That(_client.Row("SELECT pg_create_physical_replication_slot('a')"), Is.EqualTo("(a,)"));
        Assert.That(_client.Row("SELECT * FROM pg_create_physical_replication_slot('b', true)"), Is.EqualTo("b|0/1000028"));
        Assert.That(_client.Row("SELECT slot_name FROM pg_create_physical_replication_slot('c', temporary => true) AS made"), Is.EqualTo("c"));
        Assert.That(_client.Row("SELECT * FROM pg_create_physical_replication_slot(NULL)"), Is.EqualTo("NULL|NULL"));
        Assert.That(_client.Row("SELECT count(*), max(slot_name::text) FROM pg_replication_slots WHERE temporary AND active"), Is.EqualTo("1|c"));
        Assert.That(_client.Row("SELECT restart_lsn, wal_status, slot_type FROM pg_get_replication_slots() WHERE slot_name = 'b'"), Is.EqualTo("0/1000028|reserved|physical"));
        Assert.That(_client.Row("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'b'"), Is.Empty);
        Assert.That(_client.Error("SELECT pg_drop_replication_slot('b')"), Does.Contain("C=42704").And.Contain("M=replication slot \"b\" does not exist"));
    }

    [Test]
    public void A_record_goes_out_in_binary_too()
    {
        List<string> answer = _client.Send(FrontendMessages.New().Parse("SELECT pg_create_physical_replication_slot('d', true)").Describe('S').Bind(binaryResults: true).Execute().Sync());
        Assert.That(answer, Has.One.Contains("pg_create_physical_replication_slot:2249:-1:-1:"));
        Assert.That(answer, Has.One.Contains("00000002000000130000000164" + "00000C94000000080000000001000028"));
    }

    [TestCase("a b", "\"a b\"")]
    [TestCase("q\"\\", "\"q\"\"\\\\\"")]
    [TestCase("", "\"\"")]
    [TestCase("ä", "ä")]
    public void A_records_text_is_quoted_where_it_must_be(string text, string shown)
    {
        var buffer = new Pgrepl.Shared.Protocol.ByteBuffer(64);
        new SqlRecord([new("x", SqlType.Text), new("y", SqlType.Int4)], [SqlValue.From(text), SqlValue.Null]).Write(buffer);
        Assert.That(System.Text.Encoding.UTF8.GetString(buffer.Span), Is.EqualTo($"({shown},)"));
    }
}
