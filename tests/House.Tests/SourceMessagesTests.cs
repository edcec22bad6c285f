namespace Pgrepl.House.Tests;

public sealed class SourceMessagesTests
{
    [TestCase("throw new PgException(S.X, \"plain\");", "plain")]
    [TestCase("throw new PgException(S.X,\n    $\"a {b} \\\"{c[\"}\"]}\\\" {(d ? \"x\" : \"y\")}{e}\",\n    \"detail\");", "a … \"…\" …")]
    [TestCase("throw new PgException(f(a, b), a == \"no\" ? \"one\" : b ? $\"two {x}\" : \"three\");", "one", "two …", "three")]
    [TestCase("throw new PgException(S.X, \"first \"\n    + \"second \" + rest);", "first second …")]
    [TestCase("new PgException(S.X, string.Create(Culture, $\"at {x:x2}\"))", "at …")]
    [TestCase("new PgException(S.X, \"\"\"raw \"quoted\" text\"\"\")", "raw \"quoted\" text")]
    [TestCase("new PgException(S.X, @\"a \"\"b\"\" c\")", "a \"b\" c")]
    [TestCase("new PgException(S.X, $\"brace {{{x}}}\")", "brace {…}")]
    [TestCase("new PgException(S.X, \"not this\", message: \"but this\")", "but this")]
    [TestCase("// throw new PgException(S.X, \"comment\");\nchar c = '\"'; char d = '\\''; new PgException(S.X, \"after\")", "after")]
    [TestCase("new PgException(S.X, e.Message)", null)]
    [TestCase("class PgException { PgException Make(string a, string b) => x; }")]
    public void A_message_is_read_as_it_is_printed(string source, params string?[]? texts) =>
        Assert.That(SourceMessages.Find("x.cs", source, [new("new PgException", 1)]).Select(message => message.Text), Is.EqualTo(texts ?? [null]));

    [Test]
    public void A_helper_is_known_by_its_file_and_its_declaration_is_no_call()
    {
        const string source = "static PgException Error(string what) => new(SqlStates.X, $\"bad: {what}\"); void F() => throw Error(\"name\");";
        Assert.That(SourceMessages.Find("a/x.cs", source, [new("Error", 0, "bad: {0}", "a/"), new("new", 1)]).Select(message => message.Text), Is.EqualTo(["bad: …", "bad: name"]));
        Assert.That(SourceMessages.Find("b/x.cs", source, [new("Error", 0, "bad: {0}", "a/")]), Is.Empty);
    }
}
