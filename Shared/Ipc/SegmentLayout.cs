namespace Pgrepl.Shared.Ipc;

/// <summary>Hands out offsets in the shared segment, one field after the other, and hashes names and sizes on the way:
/// two processes that would disagree about a single field have different hashes and refuse each other.</summary>
public sealed class SegmentLayout
{
    private const int CacheLine = 64;

    /// <summary>First free byte so far; at the end, the length of the segment.</summary>
    public long Position { get; private set; }

    /// <summary>FNV-1a over every name, offset and size reserved.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public long Int32(string name) => Reserve(name, 4, 4);

    public long Int64(string name) => Reserve(name, 8, 8);

    public long Bytes(string name, int length, int alignment = 8) => Reserve(name, length, alignment);

    /// <summary>What follows starts on a cache line of its own.</summary>
    public void NewCacheLine() => Position = (Position + CacheLine - 1) / CacheLine * CacheLine;

    private long Reserve(string name, long length, int alignment)
    {
        long offset = (Position + alignment - 1) / alignment * alignment;
        Position = offset + length;
        foreach (char c in name)
            Hash = (Hash ^ c) * 1099511628211;
        Hash = (Hash ^ (ulong)offset) * 1099511628211;
        Hash = (Hash ^ (ulong)length) * 1099511628211;
        return offset;
    }
}
