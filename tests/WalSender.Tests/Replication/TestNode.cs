using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Shared.Storage;
using Pgrepl.Tests;
using Pgrepl.Wal;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Replication;
using Serilog.Events;

namespace Pgrepl.WalSender.Tests.Replication;

/// <summary>A node in the test's own process: a segment, a data directory, and walsenders on threads, each with the session loop that a replication connection needs.</summary>
internal sealed class TestNode : IDisposable
{
    private const int Slots = 8;

    private readonly List<int> _descriptors = [];
    private readonly Latch[] _latches;
    private readonly List<Task> _sessions = [];
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private int _nextSlot = SharedSegment.FirstWalSenderSlot;

    public TestNode()
    {
        Data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-node").FullName);
        Directory.CreateDirectory(Data.Wal);
        Segment = SharedSegment.Create(Slots, walBufferPages: 16, generation: 1);
        Segment.Recovery.SegmentSize.Value = TestWal.SegmentSize;
        Segment.Recovery.SystemId.Value = unchecked((long)TestWal.SystemId);
        _latches = [.. Segment.Slots.Select(slot => new Latch(slot, Keep(Descriptors.MoveUp(Descriptors.CreateEvent()))))];
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(Data.Path, ".s.PGSQL.5432")));
        _listener.Listen();
    }

    public DataDirectory Data { get; }
    public SharedSegment Segment { get; }
    public List<ChildProcess> Senders { get; } = [];
    public SettingValues Settings { get; set; } = SettingValues.Defaults;
    public string Conninfo => $"host={Data.Path} port=5432 user=test";

    /// <summary>WAL on disk, durable and known.</summary>
    public void BecomePrimary(TestWal wal)
    {
        wal.WriteFiles(Data.Wal, wal.Timeline, wal.End);
        Segment.Wal.Timeline.Value = (int)wal.Timeline.Value;
        Flush(wal.End);
        Segment.Recovery.RecoveryDone.Value = 1;
    }

    public void Flush(Lsn end)
    {
        Segment.Wal.Flushed.Raise(end);
        WakeAll();
    }

    public void WakeAll()
    {
        foreach (Latch latch in _latches)
            latch.Set();
    }

    /// <summary>A connected client socket whose other end is served; after the startup exchange.</summary>
    public Socket Connect()
    {
        Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(_listener.LocalEndPoint!);
        ServeOne();
        return client;
    }

    /// <summary>Serves the next connection on a thread of its own.</summary>
    public Task ServeOne()
    {
        ChildProcess process = NewProcess();
        Task session = Task.Factory.StartNew(() => Serve(process, _listener.Accept()), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _sessions.Add(session);
        return session;
    }

    /// <summary>As ChildProcess.Run would make it, but for the descriptors that a child inherits.</summary>
    public ChildProcess NewProcess()
    {
        var process = (ChildProcess)RuntimeHelpers.GetUninitializedObject(typeof(ChildProcess));
        int index = _nextSlot++;
        (int ours, int theirs) = SocketCalls.CreatePair();
        Keep(ours);
        Keep(theirs);
        Set("Kind", ProcessKind.WalSender);
        Set("Data", Data);
        Set("Log", new ServerLog(LogEventLevel.Fatal + 1));
        Set("Segment", Segment);
        Set("Slot", Segment.Slots[index]);
        Set("Latch", _latches[index]);
        Set("Loop", new EventLoop(Segment, _latches[index], theirs));
        Set("Settings", Settings);
        Field("_latches").SetValue(process, _latches);
        Senders.Add(process);
        return process;

        void Set(string property, object value) => Field($"<{property}>k__BackingField").SetValue(process, value);
        static FieldInfo Field(string name) => typeof(ChildProcess).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!;
    }

    public void WaitUntil(Func<bool> condition, string what)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.That(limit.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)), what);
            Thread.Yield();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (ChildProcess sender in Senders)
            sender.Loop.ShutdownRequested = true;
        WakeAll();
        try
        {
            Task.WaitAll([.. _sessions], TimeSpan.FromSeconds(10));
        }
        catch (AggregateException)
        {
            // a session that never got a connection
        }
        foreach (int descriptor in _descriptors)
            Descriptors.Close(descriptor);
        Directory.Delete(Data.Path, recursive: true);
    }

    private int Keep(int descriptor)
    {
        _descriptors.Add(descriptor);
        return descriptor;
    }

    private static void Serve(ChildProcess process, Socket socket)
    {
        using (socket)
        {
            ClientSession session = new(process, (int)socket.Handle, new MessageReader(), new MessageWriter());
            try
            {
                Greet(process, session, socket);
                ReplicationCommands commands = new(database: null, show: name => process.Settings.Show(name));
                while (true)
                {
                    (byte type, byte[] payload) = Next(session);
                    if (type == (byte)'X')
                        return;
                    if (type != (byte)'Q')
                        continue;
                    try
                    {
                        Assert.That(commands.Handle(session, Encoding.UTF8.GetString(payload.AsSpan(0, payload.Length - 1)), inFailedBlock: false), Is.True);
                    }
                    catch (PgException error)
                    {
                        session.Writer.ErrorResponse(error);
                    }
                    session.Writer.ReadyForQuery('I');
                    session.Flush();
                }
            }
            catch (ConnectionLostException)
            {
                // as the process would: it ends
            }
        }
    }

    private static void Greet(ChildProcess process, ClientSession session, Socket socket)
    {
        byte[] length = new byte[4];
        socket.Receive(length);
        byte[] packet = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(length) - 4];
        socket.Receive(packet);
        string[] words = Encoding.UTF8.GetString(packet.AsSpan(4)).Split('\0');
        int name = Math.Max(Array.IndexOf(words, "application_name"), Array.IndexOf(words, "fallback_application_name"));
        process.Slot.ApplicationName.Value = name >= 0 ? words[name + 1] : "test";
        session.Writer.AuthenticationOk();
        session.Writer.ParameterStatus("server_version", WalFormat.ServerVersion);
        session.Writer.ParameterStatus("integer_datetimes", "on");
        session.Writer.BackendKeyData(1, 1);
        session.Writer.ReadyForQuery('I');
        session.Flush();
    }

    private static (byte Type, byte[] Payload) Next(ClientSession session)
    {
        while (true)
        {
            session.Process.Latch.Reset();
            if (session.Reader.TryRead(out byte type, out ReadOnlySpan<byte> payload))
                return (type, payload.ToArray());
            if (session.Process.Loop.ShutdownRequested || !session.Receive())
                throw new ConnectionLostException("end");
            session.Wait(session.Reader.Buffered > 0 ? 0 : -1);
        }
    }
}
