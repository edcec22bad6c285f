using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>The last errors of a node: bounded, whole or not there, without secrets.</summary>
[NonParallelizable]
public sealed class RecentErrorsTests
{
    private const int Kept = 8, EntrySize = 512;

    private SharedSegment _segment = null!;
    private RecentErrors _errors = null!;

    [SetUp]
    public void Make()
    {
        _segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        _errors = _segment.Statistics.NodeErrors;
    }

    [TearDown]
    public void Close() => Descriptors.Close(_segment.Memory.Descriptor);

    [Test]
    public void The_latest_come_first_and_the_oldest_give_way()
    {
        for (int i = 0; i < Kept + 3; i++)
            Note($"message {i}");
        Assert.That(Messages, Is.EqualTo(Enumerable.Range(3, Kept).Reverse().Select(i => $"message {i}")));
        RecentError last = _errors.Read()[0];
        Assert.That((last.Severity, last.Kind, last.Pid, last.SqlState, last.Count), Is.EqualTo((ErrorSeverity.Fatal, ProcessKind.WalReceiver, Environment.ProcessId, "08006", 1)));
    }

    [Test]
    public void The_same_line_again_takes_no_new_place()
    {
        Note("could not connect");
        Note("another");
        for (int i = 0; i < 100; i++)
            Note("could not connect");
        Assert.That(Messages, Is.EqualTo(new[] { "could not connect", "another" }));
        Assert.That(_errors.Read()[0].Count, Is.EqualTo(101));
    }

    [Test]
    public void A_writer_that_dies_in_the_middle_costs_its_own_entry_alone()
    {
        Note("before");
        Note("torn");
        Span<byte> torn = FindEntry("torn");
        torn[200..].Fill(0xFF); // what the dead one had not overwritten yet
        Assert.That(Messages, Is.EqualTo(new[] { "before" }));
        for (int i = 0; i < Kept; i++)
            Note($"after {i}");
        Assert.That(Messages, Has.Count.EqualTo(Kept), "its place is used again");
    }

    [Test]
    public void Many_writers_and_a_reader_at_once_show_whole_lines_alone()
    {
        string[] texts = [.. Enumerable.Range(0, 20).Select(i => new string((char)('a' + i), 300))];
        using CancellationTokenSource over = new();
        Task[] writers = [.. Enumerable.Range(0, 3).Select(writer => Task.Run(() =>
        {
            for (int i = writer; !over.IsCancellationRequested; i++)
                Note(texts[i % texts.Length]);
        }))];
        Eventually.Holds(() => Messages.Any());
        List<string> seen = [];
        for (int i = 0; i < 2000; i++)
            seen = [.. seen.Concat(Messages).Distinct()]; // two writers may give one text two places
        over.Cancel();
        Task.WaitAll(writers);
        Assert.That(seen, Is.SubsetOf(texts).And.Not.Empty);
    }

    [Test]
    public void A_long_text_is_cut_at_a_character()
    {
        Note(new string('x', 473) + "ä");
        Assert.That(Messages[0], Is.EqualTo(new string('x', 473)));
    }

    [TestCase("missing \"=\" in \"host=a password=geheim\"", "missing \"=\" in \"host=a password=********\"")]
    [TestCase("bad: password = 'ge heim\\'x' port=1", "bad: password = ******** port=1")]
    [TestCase("no: postgresql://u:geheim@host/db?sslpassword=geheim&x=1", "no: postgresql://u:********@host/db?sslpassword=********&x=1")]
    [TestCase("password authentication failed for user \"u\"", "password authentication failed for user \"u\"")]
    public void No_password_is_kept(string message, string kept)
    {
        Note(message);
        Assert.That(Messages[0], Is.EqualTo(kept));
    }

    [Test]
    public void A_log_remembers_what_is_an_error_and_a_crash_reset_keeps_it()
    {
        TextWriter before = Console.Error;
        Console.SetError(TextWriter.Null);
        try
        {
            using ServerLog log = new();
            log.RememberErrors(_errors, ProcessKind.Startup);
            log.Warning("w");
            log.Error(new PgException(SqlStates.IoError, "e"));
            log.Fatal("f");
            log.Panic(new InvalidOperationException("p"));
        }
        finally
        {
            Console.SetError(before);
        }
        _segment.Statistics.Of(ProcessKind.WalReceiver).Starts.Value = 7;
        SharedSegment next = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 2);
        next.Statistics.TakeOver(_segment.Statistics);
        next.Statistics.NodeErrors.Note(ErrorSeverity.Error, ProcessKind.None, "XX000", "later");
        Assert.That(next.Statistics.NodeErrors.Read().Select(e => $"{e.Severity} {e.SqlState} {e.Message}"),
            Is.EqualTo(new[] { "Error XX000 later", "Panic XX000 InvalidOperationException: p", "Fatal XX000 f", "Error 58030 e" }));
        Assert.That(next.Statistics.Of(ProcessKind.WalReceiver).Starts.Value, Is.EqualTo(7));
        Descriptors.Close(next.Memory.Descriptor);
    }

    private List<string> Messages => [.. _errors.Read().Select(e => e.Message)];

    private void Note(string message) => _errors.Note(ErrorSeverity.Fatal, ProcessKind.WalReceiver, SqlStates.ConnectionFailure, message);

    /// <summary>Where the segment holds an entry with this text.</summary>
    private Span<byte> FindEntry(string text)
    {
        Span<byte> all = _segment.Memory.Slice(0, (int)_segment.Memory.Length);
        int at = all.IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) - 38;
        return all.Slice(at, EntrySize);
    }
}
