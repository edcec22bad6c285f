using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Tests;

public sealed class PromotingSignalTests
{
    private string _folder = "";
    private DataDirectory _data = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        _data = new DataDirectory(_folder);
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void It_comes_back_as_it_was_stored()
    {
        Assert.That(PromotingSignal.TryRead(_data), Is.Null);
        PromotingSignal signal = new(new TimelineId(3), new TimelineId(7), Lsn.Parse("1/16B3748"));
        signal.Store(_data);
        Assert.That(PromotingSignal.TryRead(_data), Is.EqualTo(signal));
    }

    [TestCase("")]
    [TestCase("something else\n1 2 0/1000028\n")]
    [TestCase("pgrepl promotion 1\n1 2\n")]
    [TestCase("pgrepl promotion 1\n2 1 0/1000028\n")]
    [TestCase("pgrepl promotion 1\n1 2 nowhere\n")]
    public void What_is_not_one_is_an_error_that_names_the_file(string text)
    {
        File.WriteAllText(_data.PromotingSignal, text);
        Assert.That(() => PromotingSignal.TryRead(_data), Throws.TypeOf<PgException>().With.Message.Contains(_data.PromotingSignal));
    }

    [Test]
    public void Mutated_it_is_taken_or_refused() => new Fuzz("promoting.signal", "pgrepl promotion 1\n3 7 1/16B3748\n"u8.ToArray()).Run(bytes =>
    {
        File.WriteAllBytes(_data.PromotingSignal, bytes);
        _ = PromotingSignal.TryRead(_data);
    }, typeof(PgException));
}
