using System.Buffers.Binary;
using Pgrepl.Shared.Ipc;
using Pgrepl.Tests;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Tests.Replication;

/// <summary>Hot standby feedback as a walsender hears it.</summary>
[CancelAfter(60_000)]
public sealed class FeedbackTests
{
    private const ulong Epoch = 1UL << 32;

    [Test]
    public void An_xmin_is_held_in_64_bits_while_the_stream_lasts_if_it_can_be_true()
    {
        using TestNode node = new();
        node.BecomePrimary(TestWal.Random(new Random(1), 10, 100));
        node.Segment.Wal.NextXid.Value = (long)(5 * Epoch + 1000);
        using StreamClient client = new(node);
        client.Stream(TestWal.Start, 1);
        ProcessSlot slot = node.Senders[0].Slot;

        Say(900, 5, 0, 0);
        Held(5 * Epoch + 900);
        Say(0xFFFF_FF00, 4, 0xFFFF_FE00, 4); // before the counter wrapped: the older one, catalogs or not
        Held(4 * Epoch + 0xFFFF_FE00);
        Say(800, 5, 0, 0);
        Held(5 * Epoch + 800);
        Say(1001, 5, 0, 0); // the future
        Say(900, 4, 0, 0); // an epoch ago
        Say(900, 5, 0x7000_0000, 4); // so far back that its 32 bits mean another one
        Say(1000, 5, 0, 0);
        Held(5 * Epoch + 1000);
        Say(0, 0, 0, 0);
        Held(0);
        Say(700, 5, 0, 0);
        Held(5 * Epoch + 700);
        client.Send('c', []);
        client.ReadUntil('Z');
        Assert.That(slot.FeedbackXmin.Value, Is.Zero);

        void Held(ulong xmin) => node.WaitUntil(() => slot.FeedbackXmin.Value == (long)xmin, $"xmin {xmin}, it is {slot.FeedbackXmin.Value}");

        void Say(uint xmin, uint epoch, uint catalogXmin, uint catalogEpoch)
        {
            byte[] message = new byte[25];
            message[0] = (byte)'h';
            BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(1), PgTime.Now());
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(9), xmin);
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(13), epoch);
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(17), catalogXmin);
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(21), catalogEpoch);
            client.Send('d', message);
        }
    }
}
