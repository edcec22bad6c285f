using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>What a descriptor is watched for, and what poll found. Values of poll(2).</summary>
[Flags]
public enum PollEvents : short
{
    None = 0,
    Readable = 0x001,
    Writable = 0x004,
    Error = 0x008,
    HangUp = 0x010,
    Invalid = 0x020,
}

/// <summary>A set of descriptors for poll(2). One thread; indexes stay valid until <see cref="Clear"/>.</summary>
public sealed partial class Poller
{
    private PollEntry[] _entries = new PollEntry[16];

    public int Count { get; private set; }

    /// <summary>Watches a descriptor (a negative one is skipped by the kernel); returns its index.</summary>
    public int Add(int descriptor, PollEvents events)
    {
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Count * 2);
        _entries[Count] = new PollEntry { Descriptor = descriptor, Events = events };
        return Count++;
    }

    public void Set(int index, int descriptor, PollEvents events) => _entries[index] = new PollEntry { Descriptor = descriptor, Events = events };

    /// <summary>Forgets every entry from <paramref name="from"/> on.</summary>
    public void Clear(int from = 0) => Count = from;

    /// <summary>What the last <see cref="Wait"/> found for an entry.</summary>
    public PollEvents Found(int index) => _entries[index].Found;

    /// <summary>Waits once; EINTR counts as nothing found.</summary>
    /// <param name="milliseconds">-1: no limit.</param>
    /// <returns>How many entries have something.</returns>
    public int Wait(int milliseconds)
    {
        for (int i = 0; i < Count; i++)
            _entries[i].Found = 0;
        int result = poll(ref _entries[0], (nuint)Count, milliseconds);
        return SystemError.Interrupted(result) ? 0 : SystemError.Check(result, "poll");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public PollEvents Events;
        public PollEvents Found;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollEntry entries, nuint count, int milliseconds);
}
