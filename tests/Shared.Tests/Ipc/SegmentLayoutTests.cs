using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>Two processes agree about every field of the segment, or refuse each other.</summary>
public sealed class SegmentLayoutTests
{
    [Test]
    public void Fields_lie_one_behind_the_other_and_aligned()
    {
        SegmentLayout layout = new();
        Assert.That(layout.Int32("a"), Is.Zero);
        Assert.That(layout.Int64("b"), Is.EqualTo(8));
        Assert.That(layout.Int32("c"), Is.EqualTo(16));
        Assert.That(layout.Bytes("d", 3), Is.EqualTo(24));
        Assert.That(layout.Position, Is.EqualTo(27));
        layout.NewCacheLine();
        Assert.That(layout.Int32("e"), Is.EqualTo(64));
        Assert.That(layout.Bytes("f", 8192, 4096), Is.EqualTo(4096));
        Assert.That(layout.Position, Is.EqualTo(3 * 4096));
    }

    [Test]
    public void The_hash_is_the_same_for_the_same_fields_in_every_build() =>
        Assert.That(Hash("a4", "b8"), Is.EqualTo(Fnv("a", 0, 4, "b", 8, 8)));

    [TestCase("a4", Description = "one fewer")]
    [TestCase("a4 b8 c4", Description = "one more")]
    [TestCase("b8 a4", Description = "another order")]
    [TestCase("a4 x8", Description = "another name")]
    [TestCase("a8 b8", Description = "another size")]
    public void The_hash_changes_with_every_field(string fields) => Assert.That(Hash(fields.Split(' ')), Is.Not.EqualTo(Hash("a4", "b8")));

    [Test]
    public void Whoever_attaches_sees_what_was_made()
    {
        SharedSegment made = SharedSegment.Create(processSlots: 5, walBufferPages: 8, generation: 3);
        made.Wal.NextXid.Value = 77;
        made.Slots[4].User.Value = "postgres";
        SharedSegment seen = SharedSegment.Attach(made.Memory.Descriptor, FileLength.Of(made.Memory.Descriptor), writable: false);
        Assert.That(seen.Generation.Value, Is.EqualTo(3));
        Assert.That(seen.PostmasterPid.Value, Is.EqualTo(Environment.ProcessId));
        Assert.That(seen.Slots, Has.Length.EqualTo(5));
        Assert.That(seen.Wal.BufferPages, Is.EqualTo(8));
        Assert.That(seen.Wal.NextXid.Value, Is.EqualTo(77));
        Assert.That(seen.Slots[4].User.Value, Is.EqualTo("postgres"));
        Descriptors.Close(made.Memory.Descriptor);
    }

    [TestCase(8, "shared memory segment was laid out by another version")]
    [TestCase(0, "shared memory segment has a wrong magic number")]
    public void A_segment_of_another_version_is_refused(int offset, string message)
    {
        SharedSegment made = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        made.Memory.UInt64(offset)++;
        Assert.That(() => SharedSegment.Attach(made.Memory.Descriptor, made.Memory.Length, writable: true),
            Throws.TypeOf<PgException>().With.Message.EqualTo(message));
        Descriptors.Close(made.Memory.Descriptor);
    }

    /// <summary>A field is its name and its size, 4 or 8.</summary>
    private static ulong Hash(params string[] fields)
    {
        SegmentLayout layout = new();
        foreach (string field in fields)
            _ = field[1] == '4' ? layout.Int32(field[..1]) : layout.Int64(field[..1]);
        return layout.Hash;
    }

    /// <summary>FNV-1a, 64 bits, a whole word at a step.</summary>
    private static ulong Fnv(params object[] parts) => parts
        .SelectMany(part => part is string name ? name.Select(c => (ulong)c) : [(ulong)(int)part])
        .Aggregate(14695981039346656037, (hash, word) => (hash ^ word) * 1099511628211);
}
