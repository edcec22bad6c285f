using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;
using Pgrepl.WalSender.Replication;

namespace Pgrepl.WalSender.Tests;

[TestFixture]
public sealed class ReplicationCommandTests
{
    private static IEnumerable<TestCaseData> Commands()
    {
        yield return new("IDENTIFY_SYSTEM", new IdentifySystemCommand());
        yield return new(" identify_system ; ", new IdentifySystemCommand());
        yield return new("SHOW wal_segment_size", new ShowCommand("wal_segment_size"));
        yield return new("Show pgrepl.\"Peers\"", new ShowCommand("pgrepl.Peers"));
        yield return new("TIMELINE_HISTORY 12", new TimelineHistoryCommand(new TimelineId(12)));
        yield return new("START_REPLICATION 0/3000000", new StartPhysicalReplicationCommand(null, new Lsn(0x3000000), default));
        yield return new("START_REPLICATION PHYSICAL AB/CD0000 TIMELINE 4294967295", new StartPhysicalReplicationCommand(null, new Lsn(0xAB_00CD_0000), new TimelineId(uint.MaxValue)));
        yield return new("start_replication slot \"My\"\"Slot\" physical 0/16B3748 timeline 1;", new StartPhysicalReplicationCommand("My\"Slot", new Lsn(0x16B3748), TimelineId.First));
        yield return new("CREATE_REPLICATION_SLOT s PHYSICAL", new CreatePhysicalSlotCommand("s", false, false));
        yield return new("create_replication_slot S temporary physical reserve_wal;", new CreatePhysicalSlotCommand("s", true, true));
        yield return new("CREATE_REPLICATION_SLOT \"Wait\" PHYSICAL (RESERVE_WAL)", new CreatePhysicalSlotCommand("Wait", false, true));
        yield return new("CREATE_REPLICATION_SLOT s PHYSICAL (reserve_wal 'FALSE')", new CreatePhysicalSlotCommand("s", false, false));
        yield return new("CREATE_REPLICATION_SLOT s PHYSICAL (RESERVE_WAL 1)", new CreatePhysicalSlotCommand("s", false, true));
        yield return new("DROP_REPLICATION_SLOT s", new DropReplicationSlotCommand("s", false));
        yield return new("DROP_REPLICATION_SLOT s WAIT", new DropReplicationSlotCommand("s", true));
        yield return new("DROP_REPLICATION_SLOT \"WAIT\"", new DropReplicationSlotCommand("WAIT", false));
        yield return new("READ_REPLICATION_SLOT s", new ReadReplicationSlotCommand("s"));
        yield return new("START_REPLICATION SLOT Standby 0/0", new StartPhysicalReplicationCommand("standby", Lsn.Invalid, default));
    }

    [TestCaseSource(nameof(Commands))]
    public void Command_is_understood(string text, object expected) => Assert.That(ReplicationCommandParser.Parse(text, physical: true, PostgresMajor.LogCluster), Is.EqualTo(expected));

    [Test]
    public void A_name_of_many_parts_costs_no_more_memory_per_part_than_a_short_one()
    {
        const int Parts = 20_000, BytesPerPart = 500;
        string text = "SHOW a" + string.Concat(Enumerable.Repeat(".a", Parts - 1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = ReplicationCommandParser.Parse(text, physical: true, PostgresMajor.LogCluster);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(Parts * BytesPerPart));
    }

    [TestCase("START_REPLICATION", "syntax error")]
    [TestCase("START_REPLICATION 0", "syntax error")]
    [TestCase("START_REPLICATION 0/1 2", "syntax error")]
    [TestCase("START_REPLICATION SLOT 0/1", "syntax error")]
    [TestCase("START_REPLICATION 0/1 TIMELINE x", "syntax error")]
    [TestCase("START_REPLICATION 0/1 TIMELINE 0", "invalid timeline 0")]
    [TestCase("START_REPLICATION 0/1 TIMELINE 4294967296", "invalid timeline 4294967296")]
    [TestCase("START_REPLICATION 123456789/1", "invalid streaming start location")]
    [TestCase("CREATE_REPLICATION_SLOT s", "syntax error")]
    [TestCase("CREATE_REPLICATION_SLOT s RESERVE_WAL", "syntax error")]
    [TestCase("CREATE_REPLICATION_SLOT WAIT PHYSICAL", "syntax error")]
    [TestCase("CREATE_REPLICATION_SLOT s PHYSICAL ()", "syntax error")]
    [TestCase("CREATE_REPLICATION_SLOT s PHYSICAL (RESERVE_WAL", "syntax error")]
    [TestCase("CREATE_REPLICATION_SLOT s PHYSICAL (RESERVE_WAL, RESERVE_WAL)", "conflicting or redundant options")]
    [TestCase("CREATE_REPLICATION_SLOT s PHYSICAL NOEXPORT_SNAPSHOT", "conflicting or redundant options")]
    [TestCase("CREATE_REPLICATION_SLOT s PHYSICAL (RESERVE_WAL 'perhaps')", "reserve_wal requires a Boolean value")]
    [TestCase("CREATE_REPLICATION_SLOT s PHYSICAL (RESERVE_WAL 2)", "reserve_wal requires a Boolean value")]
    [TestCase("DROP_REPLICATION_SLOT", "syntax error")]
    [TestCase("DROP_REPLICATION_SLOT s NOW", "syntax error")]
    [TestCase("READ_REPLICATION_SLOT 's'", "syntax error")]
    [TestCase("TIMELINE_HISTORY", "syntax error")]
    [TestCase("TIMELINE_HISTORY 0", "invalid timeline 0")]
    [TestCase("IDENTIFY_SYSTEM x", "syntax error")]
    [TestCase("IDENTIFY_SYSTEM;;", "syntax error")]
    [TestCase("SHOW", "syntax error")]
    [TestCase("SHOW 'x'", "syntax error")]
    [TestCase("SHOW \"x", "unterminated quoted string")]
    public void Error_in_a_command_is_a_syntax_error(string text, string message)
    {
        PgException error = Assert.Throws<PgException>(() => ReplicationCommandParser.Parse(text, physical: true, PostgresMajor.LogCluster))!;
        Assert.That((error.SqlState, error.Message), Is.EqualTo((SqlStates.SyntaxError, message)));
    }

    [TestCase("BASE_BACKUP (LABEL 'x')")]
    [TestCase("CREATE_REPLICATION_SLOT s LOGICAL pgoutput")]
    [TestCase("CREATE_REPLICATION_SLOT s TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing', TWO_PHASE)")]
    [TestCase("START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1')")]
    public void Command_this_node_does_not_have_is_named_with_a_hint(string text)
    {
        PgException error = Assert.Throws<PgException>(() => ReplicationCommandParser.Parse(text, physical: true, PostgresMajor.LogCluster))!;
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.FeatureNotSupported));
        Assert.That(error.Hint, Is.Not.Null);
    }

    [TestCase("SELECT 1")]
    [TestCase("")]
    [TestCase("'x'")]
    [TestCase("\"IDENTIFY_SYSTEM\"")]
    [TestCase("selec")]
    public void Sql_has_its_place_only_on_a_connection_with_a_database(string text)
    {
        Assert.That(ReplicationCommandParser.Parse(text, physical: false, PostgresMajor.LogCluster), Is.Null);
        Assert.That(() => ReplicationCommandParser.Parse(text, physical: true, PostgresMajor.LogCluster),
            Throws.TypeOf<PgException>().With.Message.EqualTo("cannot execute SQL commands in WAL sender for physical replication").And.Property("SqlState").EqualTo(SqlStates.FeatureNotSupported));
    }

    [Test]
    public void Replies_have_the_columns_that_PostgreSQL_sends()
    {
        var writer = new MessageWriter();
        var replies = new ReplicationReplies(writer, PostgresMajor.LogCluster);
        replies.IdentifySystem(7_300_000_000_000_000_001, TimelineId.First, new Lsn(0x3000060), null);
        replies.TimelineHistory(new TimelineId(0x1F), "1\t0/3000000\tno recovery target specified\n"u8);
        replies.StreamingEnded(new TimelineId(2), new Lsn(0x3000060));
        Assert.That(BackendMessages.Decode(writer.Pending.Span), Is.EqualTo(new[]
        {
            "T systemid:25:-1:-1:0, timeline:23:4:-1:0, xlogpos:25:-1:-1:0, dbname:25:-1:-1:0", "D 7300000000000000001|1|0/3000060|NULL", "C IDENTIFY_SYSTEM",
            "T filename:25:-1:0:0, content:25:-1:0:0", "D 0000001F.history|0x" + Convert.ToHexString("1\t0/3000000\tno recovery target specified\n"u8), "C TIMELINE_HISTORY",
            "T next_tli:20:8:-1:0, next_tli_startpos:25:-1:-1:0", "D 2|0/3000060", "C START_STREAMING", "C START_REPLICATION",
        }));
    }
}
