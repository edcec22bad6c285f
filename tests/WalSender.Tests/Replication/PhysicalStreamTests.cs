using System.Diagnostics;
using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Tests;
using Pgrepl.Wal;
using Pgrepl.WalSender.Replication;

namespace Pgrepl.WalSender.Tests.Replication;

[CancelAfter(60_000)]
public sealed class PhysicalStreamTests
{
    private TestNode _node = null!;
    private Random _random = null!;

    [SetUp]
    public void MakeNode()
    {
        _node = new TestNode();
        int seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        _random = new Random(seed);
    }

    [TearDown]
    public void Remove() => _node.Dispose();

    [Test]
    public void Sends_every_byte_then_what_is_flushed_later()
    {
        TestWal wal = TestWal.Random(_random, 1500, 20_000);
        Lsn first = wal.Records[1000].End;
        TestWal later = wal;
        later.WriteFiles(_node.Data.Wal, TimelineId.First, later.End);
        _node.Segment.Wal.Timeline.Value = 1;
        _node.Segment.Recovery.RecoveryDone.Value = 1;
        _node.Flush(first);
        using StreamClient client = new(_node);
        client.Stream(TestWal.Start, 1);
        client.ReceiveWalUpTo(first);
        ProcessSlot slot = _node.Senders[0].Slot;
        _node.WaitUntil(() => slot.SenderState.Value == (int)WalSenderState.Streaming, "streaming once it has caught up");
        Assert.That(slot.Sent.Value, Is.EqualTo(first));
        Assert.That(client.End, Is.EqualTo(first), "nothing beyond what is flushed");

        _node.Flush(wal.End);
        client.ReceiveWalUpTo(wal.End);
        AssertSame(wal, client);
        client.Reply(wal.End, wal.Records[^2].End, wal.Records[^3].End);
        _node.WaitUntil(() => slot.PeerApplied.Value == wal.Records[^3].End, "the reply");
        Assert.That(slot.PeerWritten.Value, Is.EqualTo(wal.End));
        Assert.That(slot.PeerFlushed.Value, Is.EqualTo(wal.Records[^2].End));
        _node.WaitUntil(() => slot.WriteLag.Value >= 0, "the lag");

        client.Send('c', []);
        List<(char Type, byte[] Payload)> end = client.ReadUntil('Z');
        Assert.That(string.Concat(end.Select(m => m.Type)), Is.EqualTo("cCCZ"));
        Assert.That(slot.SenderState.Value, Is.Zero, "a session like any other again");
    }

    [Test]
    public void A_segment_that_ends_too_early_is_named_and_ends_this_stream_alone()
    {
        TestWal wal = TestWal.Random(_random, 1500, 20_000);
        _node.BecomePrimary(wal);
        WalSegment second = new(TimelineId.First, 2);
        using (FileStream file = File.OpenWrite(WalSegmentFile.PathOf(_node.Data, second, TestWal.SegmentSize)))
            file.SetLength(500_000);
        RecentErrors errors = _node.Segment.Statistics.SessionErrors;
        using StreamClient client = new(_node), other = new(_node);
        foreach (ChildProcess sender in _node.Senders)
            sender.Log.RememberErrors(errors, ProcessKind.WalSender);
        client.Stream(TestWal.Start, 1);
        client.ReceiveWalUpTo(second.Start(TestWal.SegmentSize) + 3 * PhysicalStream.MaxSendSize);
        _node.WaitUntil(() => errors.Read().Count > 0, "the end of the file is met");
        Assert.That(errors.Read().Select(e => (e.SqlState, e.Message, e.Count)),
            Is.EqualTo(new[] { ("XX001", "could not read from log segment 000000010000000000000002, offset 500000: the file ends there", 1) }));
        other.Stream(TestWal.Start, 1);
        other.ReceiveWalUpTo(second.Start(TestWal.SegmentSize));
    }

    [Test]
    public void A_standby_sends_what_is_valid_there()
    {
        TestWal wal = TestWal.Random(_random, 100, 2000);
        wal.WriteFiles(_node.Data.Wal, TimelineId.First, wal.End);
        _node.Segment.Receiver.Timeline.Value = 1;
        _node.Segment.Receiver.Flushed.Raise(wal.End);
        _node.Segment.Receiver.Validated.Raise(wal.Records[50].End);
        _node.Segment.Recovery.ReplayedTimeline.Value = 1;
        _node.Segment.Recovery.Replayed.Raise(wal.Records[20].End);
        using StreamClient client = new(_node);
        client.Stream(TestWal.Start, 1);
        client.ReceiveWalUpTo(wal.Records[50].End);
        _node.Segment.Recovery.Replayed.Raise(wal.Records[60].End);
        _node.WakeAll();
        client.ReceiveWalUpTo(wal.Records[60].End);
        AssertSame(wal, client);
    }

    [Test]
    public void A_promotion_ends_the_timeline_at_its_switch_point_and_the_next_one_goes_on()
    {
        TestWal old = TestWal.Random(_random, 200, 5000);
        Lsn fork = old.Records[150].End;
        old.WriteFiles(_node.Data.Wal, TimelineId.First, fork);
        _node.Segment.Receiver.Timeline.Value = _node.Segment.Recovery.ReplayedTimeline.Value = 1;
        _node.Segment.Receiver.Validated.Raise(fork);
        _node.Segment.Recovery.Replayed.Raise(fork);
        using StreamClient client = new(_node);
        client.Stream(TestWal.Start, 1);
        client.ReceiveWalUpTo(fork);

        TestWal wal = old.CutAfter(150);
        wal.Timeline = new TimelineId(2);
        for (int i = 0; i < 50; i++)
            wal.Message(_random, 3000);
        TimelineHistoryFiles.Store(_node.Data, wal.Timeline, TimelineHistory.Append([], TimelineId.First, fork, "test"));
        wal.WriteFiles(_node.Data.Wal, wal.Timeline, wal.End, fork);
        _node.Segment.Wal.Flushed.Raise(wal.End);
        _node.Segment.Wal.Timeline.Value = 2;
        _node.Segment.Recovery.RecoveryDone.Value = 1;
        _node.WakeAll();
        client.ReadUntil('c');
        AssertSame(wal, client, fork);
        client.Send('c', []);
        List<(char Type, byte[] Payload)> end = client.ReadUntil('Z');
        Assert.That(string.Concat(end.Select(m => m.Type)), Is.EqualTo("TDCCZ"));
        Assert.That(Encoding.ASCII.GetString(end[1].Payload), Does.Contain("2").And.EndsWith(fork.ToString()));

        client.Stream(new Lsn(fork.Value / TestWal.SegmentSize * TestWal.SegmentSize), 2);
        client.ReceiveWalUpTo(wal.End);
        AssertSame(wal, client);

        // A latecomer asks for the old timeline: the switch's segment comes from the new one's file.
        WalDirectory.Remove(_node.Data, [WalSegment.Containing(fork, TimelineId.First, TestWal.SegmentSize)], TestWal.SegmentSize);
        using StreamClient late = new(_node);
        late.Stream(new Lsn(fork.Value / TestWal.SegmentSize * TestWal.SegmentSize), 1);
        late.ReadUntil('c');
        AssertSame(wal, late, fork);
        using StreamClient atEnd = new(_node);
        atEnd.Query($"START_REPLICATION {fork} TIMELINE 1");
        Assert.That(string.Concat(atEnd.ReadUntil('Z').Select(m => m.Type)), Is.EqualTo("TDCCZ"), "nothing to stream: no COPY");
    }

    [TestCase(0ul, 1u, "requested starting point 0/{0:X} is ahead of the WAL flush position of this server 0/{1:X}", 8192)]
    [TestCase(0ul, 7u, "requested timeline 7 is not in this server's history", 0)]
    public void Impossible_requests_are_refused(ulong _, uint timeline, string expected, int beyond)
    {
        TestWal wal = TestWal.Random(_random, 20, 500);
        _node.BecomePrimary(wal);
        using StreamClient client = new(_node);
        Lsn start = wal.End + (ulong)beyond;
        client.Query($"START_REPLICATION {start} TIMELINE {timeline}");
        List<(char Type, byte[] Payload)> answer = client.ReadUntil('Z');
        Assert.That(string.Concat(answer.Select(m => m.Type)), Is.EqualTo("EZ"));
        Assert.That(Encoding.UTF8.GetString(answer[0].Payload), Does.Contain(string.Format(null, expected, start.Value, wal.End.Value)));
    }

    [Test]
    public void A_client_that_ends_the_stream_in_the_middle_of_a_message_gets_the_rest_of_it_first()
    {
        TestWal wal = TestWal.Random(_random, 300, 40_000); // more than a socket holds
        _node.BecomePrimary(wal);
        using StreamClient client = new(_node);
        client.Stream(TestWal.Start, 1);
        _node.WaitUntil(() => _node.Senders[0].Slot.Sent.Value > TestWal.Start + 131_072, "the socket is full");
        client.Send('c', []);
        _node.WakeAll();
        List<(char Type, byte[] Payload)> rest = client.ReadUntil('Z');
        Assert.That(rest.Where(message => message.Type != 'd').Select(message => message.Type), Is.EqualTo("cCCZ"));
        Assert.That(client.Wal.ToArray().AsSpan().SequenceEqual(wal.Bytes(TestWal.Start, client.End)));
    }

    [Test]
    public void A_removed_and_a_recycled_segment_are_58P01()
    {
        TestWal wal = TestWal.Random(_random, 300, 40_000);
        _node.BecomePrimary(wal);
        File.Delete(Path.Combine(_node.Data.Wal, "000000010000000000000001"));
        using StreamClient removed = new(_node);
        removed.Stream(TestWal.Start, 1);
        Assert.That(Text(removed.ReadUntil('Z'), 'E'), Does.Contain("58P01").And.Contain("requested WAL segment 000000010000000000000001 has already been removed"));

        // Another segment's bytes under the name.
        File.Copy(Path.Combine(_node.Data.Wal, "000000010000000000000002"), Path.Combine(_node.Data.Wal, "000000010000000000000001"));
        using StreamClient recycled = new(_node);
        recycled.Stream(TestWal.Start, 1);
        Assert.That(Text(recycled.ReadUntil('Z'), 'E'), Does.Contain("has already been removed"));
        Assert.That(recycled.Wal.Length, Is.Zero);
    }

    [Test]
    public void At_shutdown_it_sends_the_rest_and_waits_for_the_flush()
    {
        TestWal wal = TestWal.Random(_random, 50, 2000);
        _node.BecomePrimary(wal);
        using StreamClient client = new(_node);
        client.Stream(TestWal.Start, 1);
        client.ReceiveWalUpTo(wal.End);
        _node.Senders[0].Loop.User2Requested = true;
        _node.WakeAll();
        _node.WaitUntil(() => _node.Senders[0].Slot.SenderState.Value == (int)WalSenderState.Stopping, "stopping");
        Assert.That(client.ReadUntil('d')[^1].Payload[^1], Is.EqualTo(1), "it asks for a reply");
        client.Reply(wal.End, wal.Records[^2].End, Lsn.Invalid);
        client.Reply(wal.End, wal.End, Lsn.Invalid);
        (char Type, byte[] Payload) last = client.ReadUntil('C')[^1];
        Assert.That(Encoding.ASCII.GetString(last.Payload), Is.EqualTo("COPY 0\0"));
        Assert.That(client.IsClosed(), Is.True);
    }

    [Test]
    public void A_silent_client_is_pinged_then_left()
    {
        _node.Settings = SettingValues.Defaults.With("wal_sender_timeout", "8s", SettingSource.ConfigurationFile);
        TestWal wal = TestWal.Random(_random, 5, 200);
        _node.BecomePrimary(wal);
        using StreamClient client = new(_node);
        client.Stream(TestWal.Start, 1);
        client.ReceiveWalUpTo(wal.End);
        (char type, byte[] payload) = client.Read();
        Assert.That((type, (char)payload[0], payload[^1]), Is.EqualTo(('d', 'k', (byte)1)), "a ping");
        client.Reply(wal.End, wal.End, wal.End, requestReply: true);
        (_, payload) = client.Read();
        Assert.That(payload[^1], Is.Zero, "the answer to ours asks for none");
        (_, payload) = client.Read();
        Assert.That(payload[^1], Is.EqualTo(1), "another ping");
        Assert.That(client.IsClosed(), Is.True);
    }

    [Test]
    public void A_real_pg_receivewal_gets_the_same_files()
    {
        const string program = "/usr/lib/postgresql/15/bin/pg_receivewal";
        if (!File.Exists(program))
            Assert.Ignore($"needs {program}");
        _node.Settings = SettingValues.Defaults.With("wal_segment_size", "1MB", SettingSource.Override);
        TestWal wal = TestWal.Random(_random, 800, 20_000);
        _node.BecomePrimary(wal);
        _ = _node.ServeOne();
        string target = Directory.CreateDirectory(Path.Combine(_node.Data.Path, "received")).FullName;
        using Process receivewal = Process.Start(new ProcessStartInfo(program,
            ["-D", target, "-h", _node.Data.Path, "-p", "5432", "-U", "test", "-w", "--no-loop", "--synchronous", $"--endpos={wal.End - 8}"])
        { RedirectStandardError = true })!;
        string errors = receivewal.StandardError.ReadToEnd();
        Assert.That(receivewal.WaitForExit(20_000), Is.True);
        Assert.That(receivewal.ExitCode, Is.Zero, errors);
        Lsn last = new(wal.End.Value / TestWal.SegmentSize * TestWal.SegmentSize);
        string name = WalSegment.Containing(last, TimelineId.First, TestWal.SegmentSize).FileName(TestWal.SegmentSize);
        byte[] received = File.ReadAllBytes(Path.Combine(target, name + ".partial"));
        int length = (int)wal.End.BytesSince(last);
        Assert.That(received.AsSpan(0, length).CommonPrefixLength(wal.Bytes(last, wal.End)), Is.EqualTo(length));
    }

    private static string Text(List<(char Type, byte[] Payload)> messages, char type) => Encoding.UTF8.GetString(messages.Find(m => m.Type == type).Payload);

    private static void AssertSame(TestWal wal, StreamClient client, Lsn upTo = default)
    {
        Lsn end = upTo.IsValid ? upTo : client.End;
        Assert.That(client.End, Is.EqualTo(end));
        byte[] received = client.Wal.ToArray();
        Assert.That(received.AsSpan().CommonPrefixLength(wal.Bytes(client.Start, end)), Is.EqualTo(received.Length), "first difference");
    }
}
