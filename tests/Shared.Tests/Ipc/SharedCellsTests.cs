using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>Positions that never go back, texts that are never torn, a lock that one holds at a time.</summary>
public sealed class SharedCellsTests
{
    private const int Rounds = 50_000;

    private SharedMemory _memory = null!;

    [SetUp]
    public void MakeMemory() => _memory = SharedMemory.Create("test", 8192);

    [TearDown]
    public void ForgetMemory() => Descriptors.Close(_memory.Descriptor);

    [Test]
    public void A_raised_position_never_goes_back()
    {
        SharedLsn position = new(_memory, 64);
        int seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        ulong largest = 0;
        int rises = 0;
        Action writer(int number) => () =>
        {
            Random random = new(seed + number);
            for (int i = 0; i < Rounds; i++)
            {
                ulong value = (ulong)random.NextInt64(long.MaxValue);
                if (position.Raise(new Lsn(value)))
                    Interlocked.Increment(ref rises);
                if (position.Value.Value < value)
                    throw new InvalidOperationException("below what was raised");
                for (ulong seen = Volatile.Read(ref largest); seen < value;)
                {
                    ulong found = Interlocked.CompareExchange(ref largest, value, seen);
                    if (found == seen)
                        break;
                    seen = found;
                }
            }
        };
        Crowd.Run(writer(1), writer(2), writer(3), () =>
        {
            Lsn last = default;
            for (int i = 0; i < Rounds; i++)
            {
                Lsn now = position.Value;
                if (now < last)
                    throw new InvalidOperationException($"{now} after {last}");
                last = now;
            }
        });
        Assert.That(position.Value.Value, Is.EqualTo(largest));
        Assert.That(rises, Is.InRange(1, 3 * Rounds));
        Assert.That(position.Raise(new Lsn(largest)), Is.False, "the same again is no rise");
        Assert.That(position.Raise(new Lsn(largest - 1)), Is.False);
        Assert.That(position.Value.Value, Is.EqualTo(largest));
    }

    [Test]
    public void A_text_is_never_seen_torn()
    {
        SharedText text = new(_memory, 64, 1024);
        text.Write("aaaa"u8);
        bool done = false;
        int distinct = 0;
        Crowd.Run(
            () =>
            {
                byte[] bytes = new byte[1024];
                long deadline = Environment.TickCount64 + 30_000;
                // On one busy processor the writer could be through before the reader has looked once.
                for (int i = 0; i < Rounds || (Volatile.Read(ref distinct) < 100 && Environment.TickCount64 < deadline); i++)
                {
                    // 26 texts, each of one letter, each of its own length
                    int letter = i % 26;
                    Span<byte> now = bytes.AsSpan(0, 24 + letter * 40);
                    now.Fill((byte)('a' + letter));
                    text.Write(now);
                }
                Volatile.Write(ref done, true);
            },
            () =>
            {
                byte[] bytes = new byte[1024];
                int last = -1;
                while (!Volatile.Read(ref done))
                {
                    int length = text.Read(bytes), letter = bytes[0] - 'a';
                    if (bytes.AsSpan(0, length).ContainsAnyExcept(bytes[0]) || (length != 24 + letter * 40 && length != 4))
                        throw new InvalidOperationException($"torn: {Encoding.ASCII.GetString(bytes, 0, length)}");
                    if (letter != last)
                        Interlocked.Increment(ref distinct);
                    last = letter;
                }
            });
        Assert.That(distinct, Is.GreaterThanOrEqualTo(100), "the two really ran side by side");
    }

    [TestCase("", "")]
    [TestCase("walreceiver", "walreceiver")]
    [TestCase("äöü", "äöü")]
    [TestCase("0123456789abcdef and more", "0123456789abcdef")]
    [TestCase("0123456789abcdeä", "0123456789abcde", Description = "the last letter would be cut in two")]
    public void A_text_is_kept_up_to_its_capacity(string written, string read)
    {
        SharedText text = new(_memory, 64, 16) { Value = "something older" };
        text.Value = written;
        Assert.That(text.Value, Is.EqualTo(read));
    }

    [Test, CancelAfter(60_000)]
    public void A_text_whose_writer_died_in_the_middle_reads_as_empty()
    {
        SharedText text = new(_memory, 64, 16) { Value = "whole" };
        _memory.Int32(64)++; // the sequence is odd, for good
        Assert.That(text.Read(new byte[16]), Is.Zero);
    }

    [Test]
    public void One_holds_the_lock_at_a_time()
    {
        SharedSpinLock guard = new(_memory, 64, new SharedInt32(_memory, 128));
        long sum = 0;
        int inside = 0, together = 0;
        Action body = () =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                guard.Enter();
                if (Interlocked.Increment(ref inside) != 1)
                    together++;
                sum++; // not atomic on purpose
                Interlocked.Decrement(ref inside);
                guard.Leave();
            }
        };
        Crowd.Run(body, body, body, body);
        Assert.That(together, Is.Zero);
        Assert.That(sum, Is.EqualTo(4 * Rounds));
        Assert.That(_memory.Int32(64), Is.Zero, "free at the end");
    }

    [TestCase(-8)]
    [TestCase(8192)]
    [TestCase(8190)]
    [TestCase(61)]
    public void An_offset_outside_or_unaligned_is_refused(long offset) => Assert.That(() => _memory.Int64(offset), Throws.TypeOf<ArgumentOutOfRangeException>());
}
