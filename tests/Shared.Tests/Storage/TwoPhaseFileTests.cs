using System.Text;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

/// <summary>States of transactions that a real PostgreSQL prepared: what its WAL holds, what its checkpoint wrote, and what it says of damage.</summary>
public sealed class TwoPhaseFileTests
{
    private const int SegmentSize = 1 << 20;

    private static readonly string[] Prepared =
    [
        "INSERT INTO t VALUES (1, 'one')",
        "CREATE TABLE made (id int PRIMARY KEY); DROP TABLE dropped; SAVEPOINT a; INSERT INTO t VALUES (2, 'two'); SAVEPOINT b; CREATE TABLE made2 (x text); TRUNCATE t2",
        "SELECT * FROM t FOR KEY SHARE; SAVEPOINT c; INSERT INTO t VALUES (3, 'three'); RELEASE c",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM t3; INSERT INTO t3 VALUES (7)",
    ];

    private readonly Dictionary<Lsn, byte[]> _states = []; // of the WAL, by PREPARE's position
    private PostgresServer _server = null!;
    private DataDirectory _data = null!;
    private Lsn _other; // a record that is no PREPARE

    [OneTimeSetUp]
    public void Prepare()
    {
        _server = PostgresServer.Primary(1, "max_prepared_transactions = 10", "autovacuum = off").Start();
        _data = new DataDirectory(_server.Data);
        using PgClient client = _server.Connect();
        client.QueryOrThrow("CREATE TABLE t (id int, value text); INSERT INTO t SELECT i, i::text FROM generate_series(1, 20) i; CREATE TABLE t2 (id int); CREATE TABLE t3 (id int); CREATE TABLE dropped (id int)");
        var start = Lsn.Parse(_server.Ask("SELECT pg_current_wal_insert_lsn()")!);
        client.QueryOrThrow("BEGIN; SELECT * FROM t FOR SHARE; PREPARE TRANSACTION 'shares'"); // what follows locks its rows too
        for (int i = 0; i < Prepared.Length; i++)
            client.QueryOrThrow($"BEGIN; {Prepared[i]}; PREPARE TRANSACTION 'number {i}'");
        client.QueryOrThrow("SELECT pg_logical_emit_message(false, 'end', ''); CHECKPOINT");

        using SegmentPageSource source = Source();
        var reader = new WalReader(source, PostgresMajor.LogCluster, SegmentSize, systemId: 0);
        Assert.That(reader.FindNextRecord(start).IsValid, reader.Error);
        while (reader.Read() == WalReadStatus.Record)
            if (reader.Header.Rmgr == ResourceManagerId.Transaction && (reader.Header.Info & XactInfo.OperationMask) == XactInfo.Prepare)
                _states[reader.RecordStart] = reader.MainData.ToArray();
            else
                _other = reader.RecordStart;
        Assert.That(_states, Has.Count.EqualTo(Prepared.Length + 1));
    }

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [Test]
    public void A_prepare_record_read_by_its_position_is_the_state_file_byte_for_byte()
    {
        using SegmentPageSource source = Source();
        foreach ((Lsn start, byte[] expected) in _states)
        {
            byte[] state = TwoPhaseFile.ReadFromWal(source, SegmentSize, start);
            Assert.That(state, Is.EqualTo(expected));
            uint xid = Xid(state);
            Assert.That(TwoPhaseFile.ReadFromWal(source, SegmentSize, start, xid), Is.EqualTo(state));
            byte[] file = File.ReadAllBytes(FileOf(_data, xid));
            Assert.That(TwoPhaseState.ToFile(state), Is.EqualTo(file));
            Assert.That(TwoPhaseFile.Read(_data, xid), Is.EqualTo(state));
        }
    }

    [Test]
    public void A_state_tells_what_was_prepared()
    {
        var seen = new HashSet<TwoPhaseRmgrId>();
        int subxacts = 0, removedAtCommit = 0, removedAtAbort = 0;
        foreach (byte[] state in _states.Values)
        {
            Assert.That(TwoPhaseState.TryRead(state, out TwoPhaseState read));
            string gid = Encoding.UTF8.GetString(read.Prepare.Gid).TrimEnd('\0');
            Assert.That(_server.Ask($"SELECT transaction || ' ' || (SELECT oid FROM pg_roles WHERE rolname = owner) FROM pg_prepared_xacts WHERE gid = '{gid}'"), Is.EqualTo($"{read.Prepare.Xid} {read.Prepare.Owner}"));
            string locks = _server.Ask($"SELECT count(*) FROM pg_locks l JOIN pg_locks x USING (virtualtransaction) WHERE x.locktype = 'transactionid' AND x.transactionid = '{read.Prepare.Xid}' AND l.mode <> 'SIReadLock' AND l.pid IS NULL")!;
            int locked = 0;
            foreach (TwoPhaseRecord record in read.Records)
            {
                seen.Add(record.Rmgr);
                locked += record.Rmgr == TwoPhaseRmgrId.Lock ? 1 : 0;
            }
            Assert.That($"{locked}", Is.EqualTo(locks), gid);
            subxacts += read.Prepare.Subxacts.Length;
            removedAtCommit += read.Prepare.CommitRelations.Length;
            removedAtAbort += read.Prepare.AbortRelations.Length;
        }
        Assert.That(seen, Is.SupersetOf(new[] { TwoPhaseRmgrId.Lock, TwoPhaseRmgrId.Pgstat, TwoPhaseRmgrId.MultiXact, TwoPhaseRmgrId.PredicateLock }));
        // Of dropped and t2; of made and its index, of made2 with its TOAST table and that one's index, and of the new t2.
        Assert.That((subxacts, removedAtCommit, removedAtAbort), Is.EqualTo((3, 2, 6)));
    }

    [Test]
    public void Wal_that_holds_no_such_state_is_told_in_postgres_words()
    {
        using SegmentPageSource source = Source();
        (Lsn start, byte[] state) = _states.First();
        Assert.That(Message(() => TwoPhaseFile.ReadFromWal(source, SegmentSize, _other)), Is.EqualTo($"expected two-phase state data is not present in WAL at {_other}"));
        Assert.That(Message(() => TwoPhaseFile.ReadFromWal(source, SegmentSize, start + 8)), Does.StartWith($"could not read two-phase state from WAL at {start + 8}: "));
        Assert.That(Message(() => TwoPhaseFile.ReadFromWal(source, SegmentSize, start, 99)), Is.EqualTo("corrupted two-phase state in memory for transaction 99"));
        source.Limit = start + 40;
        Assert.That(Message(() => TwoPhaseFile.ReadFromWal(source, SegmentSize, start)), Is.EqualTo($"could not read two-phase state from WAL at {start}"));
    }

    [Test]
    public void A_damaged_file_is_told_as_postgres_tells_it()
    {
        byte[] state = _states.Values.ElementAt(2);
        uint xid = Xid(state);
        string path = FileOf(_data, xid);
        byte[] good = File.ReadAllBytes(path);
        Assert.That(TwoPhaseState.TryRead(state, out TwoPhaseState read));
        string rollback = $"ROLLBACK PREPARED '{Encoding.UTF8.GetString(read.Prepare.Gid).TrimEnd('\0')}'";
        Random random = Seed.New();
        byte[][] damaged =
        [
            [], [1], good[..80], good[..87], good[..88], good[..^1], good[..^4], good[..^8], [.. good, 0], [.. good, .. new byte[8]],
            Flipped(0), Flipped(4), Flipped(8), Flipped(good.Length - 1), Flipped(good.Length - 5), .. Enumerable.Range(0, 20).Select(_ => Flipped(random.Next(good.Length))),
        ];
        foreach (byte[] bytes in damaged)
        {
            File.WriteAllBytes(path, bytes);
            Assert.That(Message(() => TwoPhaseFile.Read(_data, xid)), Is.EqualTo(Message(() => _server.Ask(rollback))), $"{bytes.Length} bytes");
        }
        File.WriteAllBytes(path, good);
        Assert.That(TwoPhaseFile.Read(_data, xid), Is.EqualTo(state));
        Assert.That(Message(() => TwoPhaseFile.Read(_data, 0xABCDEF)), Is.EqualTo("could not open file \"pg_twophase/00ABCDEF\": No such file or directory"));

        byte[] Flipped(int at)
        {
            byte[] bytes = (byte[])good.Clone();
            bytes[at] ^= (byte)(1 << random.Next(8));
            return bytes;
        }
    }

    [Test]
    public void Another_transactions_file_is_refused_as_postgres_refuses_it()
    {
        uint[] xids = [.. _states.Values.Select(Xid)];
        byte[] good = File.ReadAllBytes(FileOf(_data, xids[1]));
        File.Copy(FileOf(_data, xids[0]), FileOf(_data, xids[1]), overwrite: true);
        string message = Message(() => TwoPhaseFile.Read(_data, xids[1]));
        _server.Stop();
        Assert.That(PostgresTools.RunAsOwner("pg_ctl", "start", "-w", "-D", _server.Data, "-l", Path.Combine(_server.Folder, "refused")).Code, Is.Not.Zero);
        Assert.That(File.ReadAllText(Path.Combine(_server.Folder, "refused")), Does.Contain($"FATAL:  {message}\n"));
        File.WriteAllBytes(FileOf(_data, xids[1]), good);
        _server.Start();
    }

    [Test]
    public void A_file_that_is_made_anew_is_read_as_it_was()
    {
        using var directory = new TestDirectory();
        DurableFile.CreateDirectory(directory.Data.TwoPhase);
        foreach (byte[] state in _states.Values)
        {
            TwoPhaseFile.Recreate(directory.Data, Xid(state), state);
            TwoPhaseFile.Recreate(directory.Data, Xid(state), state);
            Assert.That(TwoPhaseFile.Read(directory.Data, Xid(state)), Is.EqualTo(state));
        }
        Assert.That(Directory.GetFiles(directory.Data.TwoPhase), Has.Length.EqualTo(_states.Count));
    }

    /// <summary>A good CRC over anything: it is a state or it is none.</summary>
    [Test]
    public void A_mutated_state_is_read_or_refused() => new Fuzz("two-phase state", [.. _states.Values]).Run(bytes =>
    {
        if (!TwoPhaseState.TryRead(bytes, out TwoPhaseState state))
            return;
        int length = 0;
        foreach (TwoPhaseRecord record in state.Records)
            length += record.Data.Length + TwoPhaseRecord.HeaderSize;
        if (length > bytes.Length)
            throw new InvalidOperationException("records longer than the state");
    });

    private static uint Xid(byte[] state) => TwoPhaseState.TryRead(state, out TwoPhaseState read) ? read.Prepare.Xid : throw new InvalidOperationException("no state");

    private static string FileOf(DataDirectory data, uint xid) => Path.Combine(data.TwoPhase, $"{xid:X8}");

    private static string Message(Action action) => Assert.Throws<PgException>(() => action())!.Message;

    private SegmentPageSource Source() => new(_data, SegmentSize, TimelineHistory.Single(TimelineId.First));
}
