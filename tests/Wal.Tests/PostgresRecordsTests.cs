namespace Pgrepl.Wal.Tests;

/// <summary>Has a real PostgreSQL 15 write the records we write, then makes each anew: the bytes must be the same.</summary>
public sealed class PostgresRecordsTests
{
    [Test]
    public void Our_records_have_the_bytes_that_postgres_writes()
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        ProgramOutput made = PostgresTools.RunAsOwner($"{PostgresTools.Find("initdb")} -D {data} -N -A trust --locale=C -E UTF8");
        Assert.That(made.ExitCode, Is.Zero, made.Errors);
        string script = Path.Combine(folder.Path, "script");
        File.WriteAllLines(script,
        [
            "checkpoint",
            "select pg_logical_emit_message(true, 'drill', '42')",
            $"select pg_logical_emit_message(true, 'drill', repeat('x', 10000))",
            "set synchronous_commit = remote_apply",
            "select pg_logical_emit_message(true, 'drill', '43')",
            "begin",
            "select pg_logical_emit_message(true, 'drill', '44')",
            "rollback",
            "select pg_logical_emit_message(false, 'x', '')",
            "select pg_create_restore_point('before the upgrade')",
            "select pg_switch_wal()",
        ]);
        ProgramOutput single = PostgresTools.RunAsOwner($"{PostgresTools.Find("postgres")} --single -D {data} -c wal_level=logical -c wal_keep_size=1GB postgres < {script}");
        Assert.That(single.ExitCode, Is.Zero, single.Errors);

        string wal = Path.Combine(data, "pg_wal");
        string first = Directory.GetFiles(wal).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).First();
        Assert.That(WalSegment.TryParse(first, WalFormat.DefaultSegmentSize, out WalSegment segment));
        var reader = new WalReader(new FilePages(wal, WalFormat.DefaultSegmentSize), PostgresMajor.LogCluster, WalFormat.DefaultSegmentSize, 0);
        Assert.That(reader.FindNextRecord(segment.Start(WalFormat.DefaultSegmentSize)).IsValid, reader.Error);

        var builder = new WalRecordBuilder();
        var seen = new HashSet<string>();
        while (reader.Read() == WalReadStatus.Record)
        {
            string? kind = Rebuild(builder, reader);
            if (kind is null)
                continue;
            builder.Seal();
            byte[] ours = builder.Finish(reader.Header.Previous).ToArray();
            TakePadding(kind, ours, reader);
            Assert.That(ours, Is.EqualTo(reader.Record.ToArray()), $"{kind} at {reader.RecordStart}");
            seen.Add(kind);
            if (kind == "switch")
                Assert.That(reader.RecordEnd.Value % WalFormat.DefaultSegmentSize, Is.Zero);
        }
        Assert.That(seen, Is.EquivalentTo(new[] { "checkpoint", "message", "commit", "commit for logical decoding", "commit with feedback", "abort", "restore point", "switch" }));
    }

    /// <summary>PostgreSQL leaves whatever its stack held in the padding of these; ours is zero.</summary>
    private static void TakePadding(string kind, byte[] ours, WalReader reader)
    {
        int start = ours.Length - reader.MainData.Length;
        Range[] padding = kind switch
        {
            "checkpoint" => [17..24, 60..64, 84..88],
            "message" => [5..8],
            "restore point" => [(8 + RestorePointRecord.Read(reader.MainData)!.Name.Length + 1)..RestorePointRecord.Size],
            _ => [],
        };
        foreach (Range range in padding)
        {
            Assert.That(ours.AsSpan(start)[range].ContainsAnyExcept((byte)0), Is.False);
            reader.MainData[range].CopyTo(ours.AsSpan(start)[range]);
        }
        if (kind == "checkpoint")
            BitConverter.TryWriteBytes(ours.AsSpan(4), reader.Header.Xid); // CREATE DATABASE of a single-user backend checkpoints inside its transaction
        BitConverter.TryWriteBytes(ours.AsSpan(WalRecordHeader.CrcOffset), WalRecordHeader.ComputeCrc(ours));
    }

    private static string? Rebuild(WalRecordBuilder builder, WalReader reader)
    {
        WalRecordHeader header = reader.Header;
        switch (header.Rmgr, (int)header.Operation)
        {
            case (ResourceManagerId.Xlog, XlogInfo.CheckpointShutdown or XlogInfo.CheckpointOnline):
                Checkpoint.Read(reader.MainData)!.Value.Build(builder, header.Operation == XlogInfo.CheckpointShutdown);
                return "checkpoint";
            case (ResourceManagerId.Xlog, XlogInfo.RestorePoint):
                RestorePointRecord point = RestorePointRecord.Read(reader.MainData)!;
                RestorePointRecord.Build(builder, point.Time, point.Name);
                return "restore point";
            case (ResourceManagerId.Xlog, XlogInfo.Switch):
                SwitchRecord.Build(builder);
                return "switch";
            case (ResourceManagerId.LogicalMessage, _):
                Assert.That(LogicalMessage.TryRead(reader.MainData, out LogicalMessage message));
                LogicalMessage.Build(builder, header.Xid, message.DatabaseOid, message.Transactional, message.Prefix, message.Content);
                return "message";
            case (ResourceManagerId.Transaction, XactInfo.Abort):
                TransactionAbort.Build(builder, header.Xid, TransactionAbort.Read(reader.MainData)!.Value.Time);
                return "abort";
            case (ResourceManagerId.Transaction, XactInfo.Commit or XactInfo.Commit | XactInfo.HasInfo):
                if ((header.Info & ~XactInfo.HasInfo) != 0 || reader.MainData.Length is not (8 or 20))
                    return null; // carries more than the commit of a transaction that only emitted messages
                TransactionCommit commit = TransactionCommit.Read(header.Info, reader.MainData)!.Value;
                TransactionCommit.Build(builder, header.Xid, commit.Time, commit.ApplyFeedback, commit.DatabaseOid, commit.TablespaceOid);
                return commit.ApplyFeedback ? "commit with feedback" : commit.DatabaseOid != 0 ? "commit for logical decoding" : "commit";
            default:
                return null;
        }
    }
}
