using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>archive_command: every finished segment, once it is finished, and no WAL goes before it is archived.</summary>
public sealed class ArchiveTests
{
    private const int SegmentSize = 1024 * 1024;

    [Test]
    public void A_primary_keeps_what_could_not_be_archived_over_a_kill_and_archives_it_later()
    {
        using ArchiveFolder archive = new();
        using TestNode node = TestNode.Primary(segmentMegabytes: 1);
        string permission = Path.Combine(node.Folder, "permission");
        string[] settings = ["archive_mode=on", $"archive_command=test -f {permission} && test ! -f {archive.Path}/%f && cp %p {archive.Path}/%f", "wal_keep_size=0", "max_wal_size=2MB", "min_wal_size=2MB"];
        node.Start(settings);
        WalSegment first = Segments(node)[0];
        Switch(node, 8);
        Eventually.Holds(() => node.Log.Split("checkpoint complete").Length > 4);
        Eventually.Holds(() => node.Log.Contains($"archiving write-ahead log file \"{first.FileName(SegmentSize)}\" failed too many times, will try again later"));
        Assert.That(node.Log, Does.Contain("LOG:  archive command failed with exit code 1").And.Contain("DETAIL:  The failed archive command was: test -f"));
        Assert.That(Segments(node)[0], Is.EqualTo(first), "it is not archived");
        Assert.That(StatusOf(node, first), Is.EqualTo("ready"));
        byte[] bytes = File.ReadAllBytes(WalSegmentFile.PathOf(node.Data, first, SegmentSize));

        node.KillAll();
        File.WriteAllText(permission, "");
        node.Start(settings);
        Eventually.Holds(() => Directory.GetFiles(archive.Path).Length >= 8);
        Assert.That(File.ReadAllBytes(archive[first.FileName(SegmentSize)]).AsSpan().SequenceEqual(bytes));
        Switch(node, 4);
        Eventually.Holds(() => Segments(node)[0].Number > first.Number + 4);
        Eventually.Holds(() => StatusOf(node, first) == "");
        node.Stop();
        (int code, string output, string errors) = PostgresTools.Run("pg_waldump", "-q", archive[first.FileName(SegmentSize)], archive[first.Next.Next.FileName(SegmentSize)]);
        Assert.That(code, Is.Zero, output + errors);
    }

    [Test]
    public void A_relay_with_archive_mode_always_archives_what_its_primary_writes()
    {
        using ArchiveFolder archive = new();
        using PostgresServer primary = PostgresServer.Primary(segmentMegabytes: 1).Start();
        using TestNode relay = TestNode.Relay(primary).Start("archive_mode=always", $"archive_command=cp %p {archive.Path}/%f");
        WalSegment first = new(TimelineId.First, RelayFile.Read(relay.Data).Oldest.Value / SegmentSize);
        for (int i = 0; i < 3; i++)
        {
            primary.Ask("SELECT pg_logical_emit_message(true, 't', 'x')");
            primary.Ask("SELECT pg_switch_wal()");
        }
        primary.Ask("SELECT pg_logical_emit_message(true, 't', 'x')"); // a switch counts when something follows it
        foreach (WalSegment segment in new[] { first, first.Next, first.Next.Next })
        {
            string name = segment.FileName(SegmentSize);
            Eventually.Holds(() => StatusOf(relay, segment) == "done");
            Assert.That(File.ReadAllBytes(archive[name]).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(primary.Wal, name))), $"{name} differs");
        }
        Assert.That(Directory.GetFiles(archive.Path), Has.Length.EqualTo(3));
    }

    private static IReadOnlyList<WalSegment> Segments(TestNode node) => WalDirectory.List(node.Data, SegmentSize);

    private static string StatusOf(TestNode node, WalSegment segment) => string.Join(' ',
        new[] { "ready", "done" }.Where(state => File.Exists(Path.Combine(node.Data.ArchiveStatus, $"{segment.FileName(SegmentSize)}.{state}"))));

    private static void Switch(TestNode node, int times)
    {
        for (int i = 0; i < times; i++)
        {
            node.Emit("x");
            node.Ask("SELECT pg_switch_wal()");
        }
        node.Emit("x");
    }
}
