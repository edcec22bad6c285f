using System.Text.RegularExpressions;
using static Pgrepl.House.Tests.SourceMessages;

namespace Pgrepl.House.Tests;

/// <summary>docs/troubleshooting.md is complete and true: every FATAL and PANIC of the node stands there, and what stands there exists.</summary>
/// <remarks>An exception that escapes a room of <see cref="Scope"/> ends the start, the process or the session: a FATAL. Statement-level ERRORs are not its matter.</remarks>
public sealed partial class TroubleshootingTests
{
    private const string Document = "docs/troubleshooting.md";

    private static readonly Call[] EndsAProcess = [new(". Fatal", 0), new(". Panic", 0), new("Environment . FailFast", 0)];

    private static readonly Call[] MakesAnError =
    [
        .. EndsAProcess,
        new("new PgException", 1), new("new", 1), new("new ConfigurationException", 3), new("new TimelineHistoryException", 0), new("new SystemCallException", 0, "{0}: …"), new("SystemError . Check", 1, "{0}: …"),
        new("FileError . Create", 1, "{0}: …"), new("FileError . ThrowIfNegative", 1, "{0}: …"), new("WriteAll", 3, "{0}: …", "Shared/Storage/"), new("Reserve", 3, "{0}: …", "Shared/Storage/"),
        new("Error", 0, Path: "Shared/Config/HbaFile.cs"), new("Error", 2, Path: "Shared/Config/ConfFile"), new("Error", 2, Path: "Shared/Config/TomlSettings.cs"), new("Error", 0, Path: "Shared/Config/Toml/"),
        new("Unusable", 0, Path: "Shared/Config/TlsFiles.cs"),
        new("Corrupted", 0, Path: "Shared/Storage/ReplicationSlotData.cs"), new("Failed", 0, "{0}: …", "WalReceiver/Upstream.Commands.cs"),
    ];

    private static readonly string[] Scope =
    [
        "Postmaster/", "Startup/", "WalReceiver/", "WalWriter/", "Shared/Config/", "Shared/Storage/", "Shared/Node/", "Shared/Libpq/", "Shared/Processes/", "Shared/Ipc/", "Shared/Native/",
        "Shared/Wal/TimelineHistory", "Shared/Protocol/Startup", "WalSender/Auth/", "WalSender/WalSenderProcess.cs", "WalSender/ClientSession.cs", "WalSender/Interrupts.cs", "WalSender/Protocol/MessageReader.cs",
        "WalSender/Session/ClientLoop.cs", "WalSender/Session/IdleTimer.cs", "WalSender/Session/SessionSettings.cs", "WalSender/Session/StatementTimer.cs", "WalSender/Replication/PhysicalStream",
    ];

    /// <summary>Never a FATAL of the node, though they stand in its rooms.</summary>
    private static readonly Dictionary<string, string> Exempt = new()
    {
        ["the server's answer did not come in time"] = "pgrepl drill and rejoin",
        ["the server's answer has no column \"…\""] = "pgrepl drill and rejoin",
        ["could not encrypt password"] = "pgrepl role add",
        ["could not lock directory \"…\": …"] = "pgrepl role add",
        ["role name must not be empty"] = "pgrepl role add",
        ["role name must not contain control characters"] = "pgrepl role add",
        ["role name \"…\" is too long"] = "pgrepl role add",
        ["role name \"…\" is reserved"] = "pgrepl role add",
        ["must be superuser or replication role to use replication slots"] = "an ERROR of the statement",
        ["connection timed out"] = "the command line, and a peer that is asked: it has not answered then",
        ["poll() failed: …"] = "the command line, and a peer that is asked: it has not answered then",
        ["replication slot \"…\" already exists"] = "an ERROR of the statement",
        ["all replication slots are in use"] = "an ERROR of the statement",
        ["replication slot name \"…\" is too short"] = "an ERROR of the statement",
        ["replication slot name \"…\" is too long"] = "an ERROR of the statement",
        ["replication slot name \"…\" contains invalid character"] = "an ERROR of the statement",
        ["value too long for restore point (maximum … characters)"] = "an ERROR of the statement",
        ["cannot make new WAL entries during recovery"] = "an ERROR of the statement",
        ["could not read two-phase state from WAL at …"] = "a log cluster prepares no transactions",
        ["expected two-phase state data is not present in WAL at …"] = "a log cluster prepares no transactions",
        ["corrupted two-phase state in memory for transaction …"] = "a log cluster prepares no transactions",
        ["corrupted two-phase state file for transaction …"] = "a log cluster prepares no transactions",
        ["canceling statement due to user request"] = "an ERROR of the statement",
        ["canceling statement due to statement timeout"] = "an ERROR of the statement",
    };

    /// <summary>Calls that pass on a text made elsewhere: file and argument, and where the text stands.</summary>
    private static readonly Dictionary<string, string> PassedOn = new()
    {
        ["Postmaster/Program.cs (errorasPgException??((ConfigurationException)error).ToPgException())"] = "any of them",
        ["Postmaster/Postmaster.Connections.cs (error)"] = "what the first packet or the state of the node throws",
        ["Shared/Config/TlsFiles.cs (message)"] = "its callers",
        ["Shared/Processes/Admission.cs (parts[1])"] = "what the postmaster throws",
        ["Postmaster/Program.cs (error.Message)"] = "SystemCallException, and .NET's own words for files",
        ["Shared/Processes/ChildProcess.cs (error)"] = "any of them",
        ["Shared/Node/WalInserter.Waits.cs (error)"] = "what WalFlusher throws",
        ["WalSender/Session/StatementTimer.cs (error)"] = "what WalFlusher throws",
        ["WalSender/WalSenderProcess.cs (error)"] = "any of them",
        ["WalSender/Replication/PhysicalStream.cs (error)"] = "its callers",
        ["WalWriter/WalWriterProcess.cs (error)"] = "any of them",
        ["Shared/Config/ConfFile.Includes.cs (e.Message)"] = "DurableFile",
        ["Shared/Config/ConfFile.cs (first.Problem)"] = "the first of its errors",
        ["Shared/Config/AuthTokens.cs (e.Message)"] = "DurableFile",
        ["Shared/Libpq/PgPassword.cs (missing)"] = "PgLibrary",
        ["Shared/Config/ConfigurationException.cs (Message)"] = "itself",
        ["Shared/Storage/WalSegmentFile.cs (failure)"] = "Make, in the same file",
        ["Shared/Storage/FileError.cs (\"…: …\")"] = "its callers",
        ["WalReceiver/Upstream.Commands.cs (\"…: …\")"] = "its callers",
        ["Shared/Storage/DurableFile.cs (errorMessage)"] = "its callers",
        ["Shared/Storage/WalSegmentFile.cs (errorMessage)"] = "its callers",
        ["Shared/Storage/ReplicationSlotData.cs (message)"] = "its callers",
        ["Shared/Storage/TwoPhaseFile.cs (damage)"] = "TwoPhaseState",
        ["Shared/Storage/TimelineHistoryFiles.cs (e.Message.TrimEnd())"] = "TimelineHistory",
        ["Shared/Native/ProcessSpawner.cs (call)"] = "the system call's name: one entry speaks of all",
        ["Shared/Native/SocketCalls.cs (call)"] = "the system call's name: one entry speaks of all",
        ["Shared/Native/SystemError.cs (call)"] = "the system call's name: one entry speaks of all",
        ["Shared/Libpq/PgClient.cs (attempt.ErrorMessage)"] = "libpq's words",
        ["Shared/Libpq/PgClient.Query.cs (ErrorMessage)"] = "libpq's words",
        ["Shared/Libpq/PgClient.Copy.cs (ErrorMessage)"] = "libpq's words",
        ["Startup/Recovery/PeerQuestion.cs (missing)"] = "PgLibrary",
        ["WalReceiver/Receiver.cs (missing)"] = "PgLibrary",
        ["WalSender/Replication/PhysicalStream.cs (missing.Message)"] = "TimelineHistory",
    };

    private static readonly Lazy<List<SourceMessage>> Messages = new(() =>
    [
        .. from path in NodeSources
           from message in Find(path, Tree.Read(path), Scope.Any(room => path.StartsWith(room, StringComparison.Ordinal)) ? MakesAnError : EndsAProcess)
           where !path.StartsWith("Cli/", StringComparison.Ordinal)
           select message,
    ]);

    private static IEnumerable<string> NodeSources => Tree.Sources.Where(path => !path.StartsWith("tests/", StringComparison.Ordinal));

    [Test]
    public void Every_fatal_of_the_node_has_an_entry()
    {
        HashSet<string> documented = [.. Entries()];
        Assert.That(
            Messages.Value.Where(message => message.Text is { } text && HasWords(text) && !IsSystemCall(text) && !documented.Contains(text) && !Exempt.ContainsKey(text)).Select(message => message.ToString()),
            Is.Empty);
        Assert.That(Messages.Value, Has.Count.GreaterThan(200), "what the test reads");
    }

    [Test]
    public void Every_entry_is_a_message_of_the_sources()
    {
        HashSet<string> existing = [.. Messages.Value.Select(message => message.Text).OfType<string>()];
        foreach (string text in NodeSources.SelectMany(path => AllTexts(Tree.Read(path))))
            existing.UnionWith([text, $"{text}: …"]);
        Assert.That(Entries().Where(entry => !existing.Contains(entry)), Is.Empty);
        Assert.That(Entries().GroupBy(entry => entry).Where(same => same.Count() > 1).Select(same => same.Key), Is.Empty, "two entries for one message");
    }

    [Test]
    public void A_message_that_is_made_elsewhere_is_known()
    {
        IEnumerable<string> passed = Messages.Value.Where(message => message.Text is null || !HasWords(message.Text)).Select(message => $"{message.Path} ({message.Argument})");
        Assert.That(passed.Distinct().Except(PassedOn.Keys), Is.Empty, "give it a literal here, or teach the test to read the helper");
    }

    [Test]
    public void Every_exception_to_the_rule_is_needed()
    {
        Assert.That(Exempt.Keys.Except(Messages.Value.Select(message => message.Text)), Is.Empty);
        Assert.That(Exempt.Keys.Intersect(Entries()), Is.Empty);
        Assert.That(PassedOn.Keys.Except(Messages.Value.Select(message => $"{message.Path} ({message.Argument})")), Is.Empty);
    }

    [Test]
    public void Every_entry_says_what_it_means_what_to_do_and_what_is_at_risk()
    {
        foreach (string entry in Sections().Where(section => section.Contains("```text", StringComparison.Ordinal)))
            foreach (string part in new[] { "\n**Means:** ", "\n**Do:** ", "\n**Data:** " })
                Assert.That(entry, Does.Contain(part));
    }

    [Test]
    public void Every_command_it_names_exists()
    {
        string cli = string.Join('\n', Tree.Sources.Where(path => path.StartsWith("Cli/", StringComparison.Ordinal)).Select(Tree.Read));
        foreach (Match command in Command().Matches(Tree.Read(Document)))
        {
            Assert.That(cli.Contains($"new Command(\"{command.Groups[1].Value}\"", StringComparison.Ordinal), command.Value);
            foreach (Match option in Option().Matches(command.Groups[2].Value))
                Assert.That(cli.Contains($"\"{option.Groups[1].Value}\"", StringComparison.Ordinal), command.Value);
        }
    }

    /// <summary>A line of a text block is a message.</summary>
    private static IEnumerable<string> Entries() => Block().Matches(Tree.Read(Document)).SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private static string[] Sections() => Tree.Read(Document).Split("\n### ");

    /// <summary>One entry speaks of them all.</summary>
    private static bool IsSystemCall(string text) => Regex.IsMatch(text, @"^[a-z_0-9]+(\(\))?: …$");

    private static bool HasWords(string text) => text.Any(char.IsLetter);

    [GeneratedRegex("```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`pgrepl ([a-z]+)([^`]*)`")]
    private static partial Regex Command();

    [GeneratedRegex(@"(?<=\s)(--?[a-z][\w-]*|-[A-Z])(?=\s|$)")]
    private static partial Regex Option();
}
