using System.Buffers.Binary;
using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver.Repair;

/// <param name="Start">Where a stream would start: a segment's start.</param>
/// <param name="Have">End of the last record that is here: a peer must have more than that.</param>
internal readonly record struct WantedWal(ulong SystemId, TimelineId Timeline, Lsn Start, Lsn Have);

/// <summary>Which of the peers has WAL that upstream lacks: all are asked at once, their connections on one event loop, and the first to send some has it.</summary>
/// <remarks>A question is an attempt to stream: nothing else tells what a server still has. Nothing of it is kept.</remarks>
internal sealed class PeerSearch(ChildProcess process, WantedWal wanted, Action checkInterrupts)
{
    /// <summary>For all of them together.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int WalHeaderLength = 1 + 3 * 8;

    private readonly List<(string Name, string Refusal)> _refusals = [];

    /// <summary>What each peer said that has it not.</summary>
    public IReadOnlyList<(string Name, string Refusal)> Refusals => _refusals;

    /// <param name="peers">Connection strings.</param>
    /// <returns>The connection string of one that has it; <see langword="null"/>: none.</returns>
    public string? Ask(IReadOnlyList<string> peers)
    {
        List<Conversation> open = [];
        try
        {
            foreach (string peer in peers)
                open.Add(new Conversation(peer, wanted));
            long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
            while (open.Count > 0)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0)
                    break;
                Wait(open, (int)left);
                if (open.Find(conversation => conversation.HasIt) is { } found)
                    return found.Peer;
                foreach (Conversation ended in open.Where(conversation => conversation.Refusal is not null))
                    Note(ended, ended.Refusal!);
                open.RemoveAll(conversation => conversation.Refusal is not null);
            }
            foreach (Conversation silent in open)
                Note(silent, $"no answer within {Patience.TotalSeconds:0} s");
            return null;
        }
        finally
        {
            foreach (Conversation conversation in open)
                conversation.Dispose();
        }
    }

    private void Note(Conversation conversation, string refusal)
    {
        _refusals.Add((conversation.Name, refusal));
        conversation.Dispose();
    }

    private void Wait(List<Conversation> open, int milliseconds)
    {
        process.Latch.Reset();
        checkInterrupts();
        (int, PollEvents)[] sockets = [.. open.Select(conversation => (conversation.Socket, conversation.Interest))];
        PollEvents[] found = new PollEvents[sockets.Length];
        // One that has ended, or never began, is not waited for.
        _ = process.Loop.Wait(open.Exists(conversation => conversation.IsOver) ? 0 : milliseconds, sockets, found);
        for (int i = 0; i < found.Length; i++)
            if (found[i] != PollEvents.None || open[i].Socket < 0)
                open[i].GoOn();
    }

    /// <summary>One peer: an iterator that comes back whenever its socket must be waited for.</summary>
    private sealed class Conversation : IDisposable
    {
        private readonly WantedWal _wanted;
        private readonly IEnumerator<PollEvents> _steps;
        private PgConnecting? _attempt;
        private PgClient? _client;

        public Conversation(string peer, WantedWal wanted)
        {
            (Peer, _wanted) = (peer, wanted);
            _steps = Steps().GetEnumerator();
            GoOn();
        }

        public string Peer { get; }

        public string Name { get; private set; } = "";

        public bool HasIt { get; private set; }

        /// <summary>Why not; <see langword="null"/>: not said yet.</summary>
        public string? Refusal { get; private set; }

        public bool IsOver => HasIt || Refusal is not null;

        public int Socket => _client?.Socket ?? _attempt?.Descriptor ?? -1;

        public PollEvents Interest { get; private set; }

        public void GoOn()
        {
            if (IsOver)
                return;
            try
            {
                if (_steps.MoveNext())
                    Interest = _steps.Current;
                else if (!IsOver)
                    Refusal = "the connection ended";
            }
            catch (Exception error) when (error is RefusedException or PgException)
            {
                Refusal = error.Message;
            }
        }

        public void Dispose()
        {
            _steps.Dispose();
            _attempt?.Dispose();
            _client?.Dispose();
        }

        private IEnumerable<PollEvents> Steps()
        {
            Name = Conninfo.ServerOf(Peer);
            _attempt = PgClient.Start(Conninfo.With(Conninfo.With(Peer, "replication", "true"), "dbname", "replication"));
            while (_attempt.Status is PgConnectStatus.Reading or PgConnectStatus.Writing)
            {
                yield return _attempt.Status == PgConnectStatus.Writing ? PollEvents.Writable : PollEvents.Readable;
                _attempt.Poll();
            }
            if (_attempt.Status != PgConnectStatus.Ok)
                throw new RefusedException(_attempt.ErrorMessage);
            _client = _attempt.TakeClient();
            _client.SetNonBlocking();

            Send("IDENTIFY_SYSTEM");
            while (MustWait() is { } wait)
                yield return wait;
            CheckSystem();
            Send($"START_REPLICATION {_wanted.Start} TIMELINE {_wanted.Timeline}");
            while (MustWait() is { } wait)
                yield return wait;
            if (!BeginsToStream())
                yield break;
            while (!TakeMessage())
            {
                yield return PollEvents.Readable;
                if (!_client.ConsumeInput())
                    throw new RefusedException(_client.ErrorMessage);
            }
        }

        private void Send(string command)
        {
            if (!_client!.SendQuery(command))
                throw new RefusedException(_client.ErrorMessage);
        }

        /// <returns>What must be waited for before the next result can be taken; <see langword="null"/>: nothing.</returns>
        private PollEvents? MustWait()
        {
            if (_client!.Flush() == 1)
                return PollEvents.Readable | PollEvents.Writable;
            return _client.ConsumeInput() && _client.IsBusy ? PollEvents.Readable : null;
        }

        private void CheckSystem()
        {
            using (PgResult? system = _client!.GetResult())
            {
                if (system is not { Status: PgResultStatus.TuplesOk, Rows: 1 })
                    throw Failed(system);
                if (system.Value(0, 0) != _wanted.SystemId.ToString(CultureInfo.InvariantCulture))
                    throw new RefusedException($"its database system identifier is {system.Value(0, 0)}, ours {_wanted.SystemId}");
            }
            while (_client.GetResult() is { } rest)
                rest.Dispose();
        }

        /// <returns>False: the timeline has nothing from there on.</returns>
        private bool BeginsToStream()
        {
            using PgResult? start = _client!.GetResult();
            if (start?.Status == PgResultStatus.CopyBoth)
                return true;
            if (start is { IsError: false })
                Refusal = $"timeline {_wanted.Timeline} ends there before {_wanted.Start}";
            else
                throw Failed(start);
            return false;
        }

        /// <returns>False: there is none yet.</returns>
        private bool TakeMessage()
        {
            CopyReadStatus status = _client!.TryGetCopyData(out ReadOnlySpan<byte> message);
            if (status == CopyReadStatus.WouldBlock)
                return false;
            if (status != CopyReadStatus.Data)
            {
                using PgResult? end = _client.GetResult();
                throw Failed(end);
            }
            if (message.Length < WalHeaderLength || message[0] != (byte)'w')
            {
                // A keepalive: it has nothing beyond the start, or sends it next.
                Lsn sent = message.Length > 8 ? new Lsn(BinaryPrimitives.ReadUInt64BigEndian(message[1..])) : Lsn.Invalid;
                if (sent > _wanted.Start)
                    return false;
                Refusal = $"it has WAL up to {sent} alone";
                return true;
            }
            Lsn end2 = new(BinaryPrimitives.ReadUInt64BigEndian(message[9..]));
            if (end2 > _wanted.Have)
                HasIt = true;
            else
                Refusal = $"it has WAL up to {end2} alone";
            return true;
        }

        private RefusedException Failed(PgResult? result) => new(
            result is { IsError: true } ? result.ErrorMessage : _client!.ErrorMessage is { Length: > 0 } said ? said : "it answers what is not expected");
    }

    private sealed class RefusedException(string why) : Exception(why);
}
