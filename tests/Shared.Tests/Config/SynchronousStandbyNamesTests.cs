using Pgrepl.Shared.Config;

namespace Pgrepl.Shared.Tests.Config;

public sealed class SynchronousStandbyNamesTests
{
    [TestCase("s1", SynchronousMethod.Priority, 1, "s1")]
    [TestCase("s1, \"My \"\"Standby\", 2 , *", SynchronousMethod.Priority, 1, "s1|My \"Standby|2|*")]
    [TestCase("2 (s1,s2)", SynchronousMethod.Priority, 2, "s1|s2")]
    [TestCase("FIRST 2 (s1,s2,s3)", SynchronousMethod.Priority, 2, "s1|s2|s3")]
    [TestCase("any 3(*)", SynchronousMethod.Quorum, 3, "*")]
    [TestCase("\"any\", \"first\"", SynchronousMethod.Priority, 1, "any|first")]
    public void PostgreSQLs_grammar_is_read(string text, SynchronousMethod method, int numSync, string names)
    {
        SynchronousStandbyNames rule = SynchronousStandbyNames.Parse(text)!;
        Assert.That((rule.Method, rule.NumSync, string.Join('|', rule.Names)), Is.EqualTo((method, numSync, names)));
    }

    [TestCase("s1,", "syntax error at end of input")]
    [TestCase("  ", "syntax error at end of input")]
    [TestCase("FIRST (s1)", "syntax error at or near \"(\"")]
    [TestCase("2 (s1", "syntax error at end of input")]
    [TestCase("2 (s1) x", "syntax error at or near \"x\"")]
    [TestCase("a b", "syntax error at or near \"b\"")]
    [TestCase("ANY x (s1)", "syntax error at or near \"x\"")]
    [TestCase("a-b", "syntax error at or near \"-\"")]
    [TestCase("any", "syntax error at end of input")]
    [TestCase("\"open", "unterminated quoted identifier at end of input")]
    public void What_is_not_the_grammar_is_42601(string text, string detail)
    {
        PgException e = Assert.Throws<PgException>(() => SynchronousStandbyNames.Parse(text))!;
        Assert.That((e.SqlState, e.Message, e.Detail), Is.EqualTo((SqlStates.SyntaxError, $"invalid value for parameter \"synchronous_standby_names\": \"{text}\"", detail)));
    }

    [Test]
    public void The_number_must_be_greater_than_zero() =>
        Assert.That(Assert.Throws<PgException>(() => SynchronousStandbyNames.Parse("0 (a)"))!.Message, Is.EqualTo("number of synchronous standbys (0) must be greater than zero"));

    [Test]
    public void Nothing_means_no_commit_waits() => Assert.That(SynchronousStandbyNames.Parse(""), Is.Null);

    [Test]
    public void The_first_place_that_fits_is_the_priority()
    {
        SynchronousStandbyNames rule = SynchronousStandbyNames.Parse("a, B, *")!;
        Assert.That((rule.PriorityOf("A"), rule.PriorityOf("b"), rule.PriorityOf("c"), SynchronousStandbyNames.Parse("a")!.PriorityOf("c")), Is.EqualTo((1, 2, 3, 0)));
    }
}
