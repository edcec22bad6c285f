using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Libpq;

/// <summary>Collects a connection's notices, which libpq would otherwise print to stderr; at most the newest 100 are kept.</summary>
internal sealed class PgNotices : IDisposable
{
    private const int Most = 100;

    private readonly Queue<string> _notices = new();
    private GCHandle _self;

    internal IReadOnlyCollection<string> All => _notices;

    /// <summary>Registers with libpq; must outlive the connection, since libpq keeps the address of the handle.</summary>
    internal unsafe void Attach(PgConnectionHandle connection)
    {
        _self = GCHandle.Alloc(this);
        LibpqCalls.PQsetNoticeReceiver(connection, &Receive, GCHandle.ToIntPtr(_self));
    }

    internal string[] Take()
    {
        string[] all = [.. _notices];
        _notices.Clear();
        return all;
    }

    /// <summary>Only after PQfinish.</summary>
    public void Dispose()
    {
        if (_self.IsAllocated)
            _self.Free();
    }

    // Called by libpq on the thread that is inside a libpq call of this connection; the result stays libpq's.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Receive(nint argument, nint result)
    {
        if (GCHandle.FromIntPtr(argument).Target is not PgNotices self || Conninfo.Text(LibpqCalls.PQresultErrorMessageOf(result)) is not { } text)
            return;
        if (self._notices.Count == Most)
            self._notices.Dequeue();
        self._notices.Enqueue(text.TrimEnd());
    }
}
