using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>Somebody who takes WAL from a relay through a slot of its own, stops, and comes again.</summary>
internal abstract class WalTaker : IDisposable
{
    public abstract void Start();

    /// <summary>As an operator ends it.</summary>
    public abstract void Stop();

    /// <summary>It has begun to receive this segment, or has it whole.</summary>
    public abstract bool HasSegment(ulong number);

    /// <summary>Files of the segments that it has whole; it does not run.</summary>
    public abstract IReadOnlyCollection<string> Complete { get; }

    public abstract void Dispose();
}

/// <summary>pg_receivewal of PostgreSQL 15; at each start it has an empty folder.</summary>
internal sealed class PgReceiveWal : WalTaker
{
    private readonly TestNode _relay;
    private readonly string _slot;
    private readonly int _segmentSize;
    private Received? _received;

    /// <summary>It makes its slot itself.</summary>
    public PgReceiveWal(TestNode relay, string slot, int segmentSize)
    {
        (_relay, _slot, _segmentSize) = (relay, slot, segmentSize);
        Build.Expect(PostgresTools.Run("pg_receivewal", "-d", relay.Conninfo, "--slot", slot, "--create-slot"));
    }

    public override IReadOnlyCollection<string> Complete => [.. Directory.GetFiles(_received!.Folder).Where(path => Path.GetFileName(path).Length == 24)];

    public override void Start()
    {
        _received?.Dispose();
        _received = new Received(_relay, "--slot", _slot, "--synchronous");
    }

    public override void Stop() => _received!.Stop();

    public override bool HasSegment(ulong number) =>
        Directory.GetFiles(_received!.Folder, new WalSegment(TimelineId.First, number).FileName(_segmentSize) + "*").Length > 0;

    public override void Dispose() => _received?.Dispose();
}

/// <summary>A PostgreSQL standby, where no pg_receivewal of that major is at hand.</summary>
internal sealed class StandbyInstead(PostgresServer standby, int segmentSize) : WalTaker
{
    private Lsn _end = Lsn.Invalid;

    public override IReadOnlyCollection<string> Complete =>
        [.. Directory.GetFiles(standby.Wal).Where(path => WalSegment.TryParse(Path.GetFileName(path), segmentSize, out WalSegment segment) && segment.End(segmentSize) <= _end)];

    public override void Start() => standby.Start();

    public override void Stop()
    {
        _end = Received;
        standby.Stop();
    }

    public override bool HasSegment(ulong number) => Received > new WalSegment(TimelineId.First, number).Start(segmentSize);

    public override void Dispose() => standby.Dispose();

    private Lsn Received => Lsn.Parse(standby.TryAsk("SELECT coalesce(pg_last_wal_receive_lsn(), '0/0')") ?? "0/0");
}
