using Pgrepl.Shared;
using Pgrepl.TestSupport;
using Pgrepl.Wal;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Replication;

namespace Pgrepl.WalSender.Tests.Hostile;

/// <summary>What is sent is what is read, however the network cuts it.</summary>
public sealed class RoundTripTests
{
    [Test]
    public void Messages_come_out_as_they_went_in_however_they_are_cut() => Always.Holds(((byte[][] Payloads, byte Cut) v) =>
    {
        FrontendMessages sent = FrontendMessages.New();
        foreach (byte[] payload in v.Payloads)
            sent.Message('d', payload);
        MessageReader reader = new();
        List<byte[]> read = [];
        foreach (byte[] piece in sent.Bytes.Chunk(v.Cut + 1))
        {
            reader.Append(piece);
            while (reader.TryRead(out _, out ReadOnlySpan<byte> payload))
                read.Add(payload.ToArray());
        }
        return read.Count == v.Payloads.Length && read.Zip(v.Payloads).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)) && reader.Buffered == 0;
    });

    [Test]
    public void A_message_too_long_is_skipped_and_the_next_is_read_however_they_are_cut() => Always.Holds(((ushort Length, byte Cut) v) =>
    {
        byte[] sent = FrontendMessages.New().Message('Q', new byte[v.Length]).Message('S', []).Bytes;
        MessageReader reader = new(maxMessageSize: 100);
        string seen = "";
        foreach (byte[] piece in sent.Chunk(v.Cut + 1))
        {
            reader.Append(piece);
            seen += Read(reader);
        }
        return seen == (v.Length > 100 ? "!S" : "QS");
    });

    [Test]
    public void Starting_points() => Always.Holds(((ulong Position, uint Timeline) v) =>
        ReplicationCommandParser.Parse($"START_REPLICATION PHYSICAL {new Lsn(v.Position)} TIMELINE {v.Timeline | 1}", physical: true, PostgresMajor.LogCluster)
            is StartPhysicalReplicationCommand { Slot: null } start && start.Start.Value == v.Position && start.Timeline.Value == (v.Timeline | 1));

    [Test]
    public void Arbitrary_text_is_a_command_or_refused() => Always.Holds(Always.Texts, text =>
    {
        try
        {
            return ReplicationCommandParser.Parse(text, physical: true, PostgresMajor.LogCluster) is not null;
        }
        catch (PgException refused)
        {
            return refused.SqlState is SqlStates.SyntaxError or SqlStates.FeatureNotSupported;
        }
    });

    private static string Read(MessageReader reader)
    {
        string seen = "";
        while (true)
        {
            try
            {
                if (!reader.TryRead(out byte type, out _))
                    return seen;
                seen += (char)type;
            }
            catch (PgException error) when (error.SqlState == SqlStates.ProgramLimitExceeded)
            {
                seen += "!";
            }
        }
    }
}
