using System.Text;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>A 32-bit number in the segment; every access is atomic, reads acquire and writes release.</summary>
public sealed class SharedInt32(SharedMemory memory, long offset)
{
    public int Value { get => Volatile.Read(ref memory.Int32(offset)); set => Volatile.Write(ref memory.Int32(offset), value); }

    /// <summary>Full fence.</summary>
    public int Exchange(int value) => Interlocked.Exchange(ref memory.Int32(offset), value);

    public int CompareExchange(int value, int comparand) => Interlocked.CompareExchange(ref memory.Int32(offset), value, comparand);

    public int Increment() => Interlocked.Increment(ref memory.Int32(offset));

    public int Decrement() => Interlocked.Decrement(ref memory.Int32(offset));
}

/// <summary>A 64-bit number in the segment; every access is atomic, reads acquire and writes release.</summary>
public sealed class SharedInt64(SharedMemory memory, long offset)
{
    public long Value { get => Volatile.Read(ref memory.Int64(offset)); set => Volatile.Write(ref memory.Int64(offset), value); }

    /// <summary>Full fence.</summary>
    public long Exchange(long value) => Interlocked.Exchange(ref memory.Int64(offset), value);

    public long Increment() => Interlocked.Increment(ref memory.Int64(offset));

    public long CompareExchange(long value, long comparand) => Interlocked.CompareExchange(ref memory.Int64(offset), value, comparand);
}

/// <summary>A WAL position in the segment. <see cref="Raise"/> is how a position that never goes back is published.</summary>
public sealed class SharedLsn(SharedMemory memory, long offset)
{
    public Lsn Value { get => new(Volatile.Read(ref memory.UInt64(offset))); set => Volatile.Write(ref memory.UInt64(offset), value.Value); }

    /// <summary>Stores with a full fence.</summary>
    public void Exchange(Lsn value) => Interlocked.Exchange(ref memory.UInt64(offset), value.Value);

    /// <summary>Stores the larger of the two; full fence.</summary>
    /// <returns>True when the value rose.</returns>
    public bool Raise(Lsn value)
    {
        ref ulong cell = ref memory.UInt64(offset);
        ulong seen = Volatile.Read(ref cell);
        while (seen < value.Value)
        {
            ulong found = Interlocked.CompareExchange(ref cell, value.Value, seen);
            if (found == seen)
                return true;
            seen = found;
        }
        return false;
    }
}

/// <summary>A short UTF-8 text in the segment behind a sequence lock of its own: one writer, readers retry.</summary>
public sealed class SharedText(SharedMemory memory, long offset, int capacity)
{
    private const int HeaderSize = 8; // sequence int32, length int32

    /// <summary>How long a reader waits for a writer that is in the middle: a loaded machine can hold one up for long, a dead one never ends.</summary>
    private const int PatienceMilliseconds = 1000;

    public static int Reserve(int capacity) => HeaderSize + capacity;

    /// <summary>Longer text is cut at a character border.</summary>
    public string Value
    {
        get
        {
            Span<byte> copy = capacity <= 1024 ? stackalloc byte[capacity] : new byte[capacity];
            return Encoding.UTF8.GetString(copy[..Read(copy)]);
        }

        set
        {
            byte[] bytes = Encoding.UTF8.GetBytes(value);
            int length = Math.Min(bytes.Length, capacity);
            while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
                length--;
            Write(bytes.AsSpan(0, length));
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        int length = Math.Min(bytes.Length, capacity);
        Interlocked.Increment(ref memory.Int32(offset));
        memory.Int32(offset + 4) = length;
        bytes[..length].CopyTo(memory.Slice(offset + HeaderSize, length));
        Interlocked.Increment(ref memory.Int32(offset));
    }

    /// <returns>Bytes copied; 0 when the writer never came to rest (it died mid-write: a crash reset is on its way).</returns>
    public int Read(Span<byte> destination)
    {
        long start = System.Environment.TickCount64;
        do
        {
            int before = Volatile.Read(ref memory.Int32(offset));
            if ((before & 1) == 0)
            {
                int length = Math.Clamp(memory.Int32(offset + 4), 0, Math.Min(capacity, destination.Length));
                memory.Slice(offset + HeaderSize, length).CopyTo(destination);
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref memory.Int32(offset)) == before)
                    return length;
            }
            Thread.Yield();
        }
        while (System.Environment.TickCount64 - start <= PatienceMilliseconds);
        return 0;
    }
}

/// <summary>A lock held for some tens of instructions. Under it: no I/O, no allocation, no latch set.</summary>
/// <remarks>The holder's pid is the value. A waiter looks at Doomed: a holder that was killed is followed by a crash reset.</remarks>
public sealed class SharedSpinLock(SharedMemory memory, long offset, SharedInt32 doomed)
{
    public void Enter()
    {
        ref int cell = ref memory.Int32(offset);
        int spins = 0;
        while (Interlocked.CompareExchange(ref cell, System.Environment.ProcessId, 0) != 0)
        {
            if (++spins % 64 != 0)
            {
                Thread.SpinWait(8);
                continue;
            }
            if (doomed.Value != 0)
                ProcessCalls.ExitNow(2);
            Thread.Yield();
        }
    }

    public void Leave() => Volatile.Write(ref memory.Int32(offset), 0);
}
