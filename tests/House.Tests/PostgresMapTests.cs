using System.Text.RegularExpressions;

namespace Pgrepl.House.Tests;

/// <summary>docs/postgres-map.md tells the truth: every name has its row, and what a row names is there.</summary>
public sealed partial class PostgresMapTests
{
    private static readonly string[] Names =
    [
        "StartupXLOG", "readRecoveryCommandFile", "PrimaryConnInfo", "StandbyModeRequested", "recoveryTargetTLI", "recoveryTargetIsLatest",
        "XLogReaderAllocate/read_page", "XLogReadRecord", "ReadPageInternal", "ReadRecord", "ReadCheckpointRecord", "XLogPageRead", "XLogFindNextRecord",
        "XLogDumpReadPage", "SimpleXLogPageRead", "extractPageMap", "readOneRecord", "findLastCheckpoint", "read_local_xlog_page", "XlogReadTwoPhaseData",
        "logical_read_xlog_page", "logical_read_local_xlog_page", "StartLogicalReplication", "XLogSendLogical", "CreateReplicationSlot",
        "DecodingContextFindStartpoint", "pg_logical_slot_get_changes_guts", "pg_create_logical_replication_slot", "WaitForWALToBecomeAvailable",
        "RequestXLogStreaming", "SendPostmasterSignal", "PMSIGNAL_START_WALRECEIVER", "sigusr1_handler", "WalReceiverRequested", "MaybeStartWalReceiver",
        "PostmasterMain", "ServerLoop", "StartWalWriter", "WalWriterMain", "XLogBackgroundFlush", "XLogWrite", "XLogFileInit", "WalSndWakeupRequest",
        "WalSndWakeupProcessRequests", "WalSndLoop", "pg_stat_get_wal_receiver", "pg_stat_get_wal_senders",
        "MultiClientConnect", "ExecuteRemoteQuery", "ManageWorkerTasksHash", "TaskTrackerMain", "ReceiveRegularFile", "FetchRegularFileAsSuperUser",
        "worker_fetch_partition_file", "worker_fetch_query_results_file", "worker_append_table_to_shard", "WORKER_APPEND_TABLE_TO_SHARD",
        "MAP_OUTPUT_FETCH_COMMAND", "MapFetchTaskQueryString", "ManageTaskExecution", "MultiTaskTrackerExecute", "TaskTrackerExecScan",
        "CopyShardCommandList", "RepairShardPlacement", "master_append_table_to_shard",
    ];

    private static readonly Lazy<ILookup<string, string>> Declared = new(() =>
        Tree.Sources.SelectMany(path => TypeDeclaration().Matches(Tree.Code(path)).Select(type => (Name: type.Groups[1].Value, path)))
            .ToLookup(type => type.Name, type => type.path));

    private static IEnumerable<TestCaseData> Rows => ReadRows().Select(row => new TestCaseData(row.Name, row.Here, row.Remark).SetArgDisplayNames(row.Name));

    [TestCaseSource(nameof(Names))]
    public void Every_name_has_one_row(string name) => Assert.That(ReadRows().Count(row => row.Name == name), Is.EqualTo(1));

    [TestCaseSource(nameof(Rows))]
    public void What_a_row_names_is_there(string name, string here, string remark)
    {
        string[] places = [.. Quoted().Matches(here).Select(place => place.Groups[1].Value)];
        if (places.Length == 0)
            Assert.That(here, Is.EqualTo("planned"), name);
        foreach (string place in places.Concat(Quoted().Matches(remark).Select(place => place.Groups[1].Value).Where(IsPlace)))
            Assert.That(Exists(place), Is.True, $"{name}: {place}");
    }

    [Test]
    public void The_test_itself_sees_what_is_missing()
    {
        Assert.That(Exists("WalReader.Read"), Is.True);
        Assert.That(Exists("WalReader.NoSuchMember"), Is.False);
        Assert.That(Exists("NoSuchType"), Is.False);
        Assert.That(Exists("Shared/NoSuchFile.cs"), Is.False);
    }

    /// <summary>A path from the root, a file's name, a type, or a type and one of its members.</summary>
    private static bool Exists(string place)
    {
        if (place.Contains('/', StringComparison.Ordinal))
            return File.Exists(Path.Combine(Tree.Root, place));
        if (place.EndsWith(".cs", StringComparison.Ordinal))
            return Tree.Sources.Any(path => Path.GetFileName(path) == place);
        string[] parts = place.Split('.');
        return parts.Length <= 2 && Declared.Value[parts[0]].Any(path => parts.Length == 1 || Regex.IsMatch(Tree.Code(path), $@"\b{Regex.Escape(parts[1])}\b"));
    }

    /// <summary>In a remark, quotes may also hold a word of the command line.</summary>
    private static bool IsPlace(string text) => text.Contains('.', StringComparison.Ordinal) || char.IsUpper(text[0]);

    private static IEnumerable<(string Name, string Here, string Remark)> ReadRows() =>
        from line in Tree.Read("docs/postgres-map.md").Split('\n')
        let cells = line.Split('|', StringSplitOptions.TrimEntries)
        where cells.Length == 5 && cells[0].Length == 0 && cells[1] is not ("PostgreSQL" or "Citus" or "---")
        select (cells[1], cells[2], cells[3]);

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?)\s+([A-Z]\w*)")]
    private static partial Regex TypeDeclaration();
}
