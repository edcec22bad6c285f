using System.Text;
using Pgrepl.Shared;
using Pgrepl.TestSupport;
using Pgrepl.Wal;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Replication;

namespace Pgrepl.WalSender.Tests.Hostile;

/// <summary>Streams of messages and replication commands, mutated: messages, or a refusal; and the buffer holds what has come and no more.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ProtocolFuzzTests
{
    private const int MaxMessageSize = 4096;

    [Test]
    public void A_stream_of_messages() => new Fuzz("message stream",
        FrontendMessages.New().Query("SELECT 1").Sync().Message('d', new byte[200]).Message('c', []).Bytes,
        FrontendMessages.New().Parse("SELECT $1", "s", 23).Bind("s", "p", false, "1").Describe('P', "p").Execute("p").Close('S', "s").Flush().Sync().Bytes,
        FrontendMessages.New().Message('Q', new byte[MaxMessageSize]).Message('X', []).Bytes)
    { AllocationPerByte = 8 }.Run(bytes =>
    {
        MessageReader reader = new(MaxMessageSize);
        for (int at = 0; at < bytes.Length; at += 100)
        {
            reader.Append(bytes.AsSpan(at, Math.Min(100, bytes.Length - at)));
            while (ReadOne(reader))
            {
                // and the next
            }
            if (reader.Buffered > MaxMessageSize + 105)
                throw new InvalidOperationException($"{reader.Buffered} bytes are held");
        }
    }, typeof(PgException));

    [TestCase(true)]
    [TestCase(false)]
    public void A_replication_command(bool physical) => new Fuzz("replication command", [.. new[]
    {
        "IDENTIFY_SYSTEM", "SHOW pgrepl.max_message_size;", "TIMELINE_HISTORY 2", "START_REPLICATION SLOT \"a b\" PHYSICAL 0/3000000 TIMELINE 1", "START_REPLICATION 16/B374D848",
        "CREATE_REPLICATION_SLOT slot_1 TEMPORARY PHYSICAL RESERVE_WAL", "CREATE_REPLICATION_SLOT s PHYSICAL (RESERVE_WAL true)", "DROP_REPLICATION_SLOT slot_1 WAIT", "READ_REPLICATION_SLOT slot_1",
    }.Select(Encoding.UTF8.GetBytes)])
    { AllocationPerByte = 200 }.Run(bytes => ReplicationCommandParser.Parse(Encoding.UTF8.GetString(bytes), physical, PostgresMajor.LogCluster), typeof(PgException));

    private static bool ReadOne(MessageReader reader)
    {
        try
        {
            return reader.TryRead(out _, out _);
        }
        catch (PgException error) when (error.SqlState == SqlStates.ProgramLimitExceeded)
        {
            return true; // thrown away as it comes
        }
    }
}
