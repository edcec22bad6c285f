using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>A memfd mapped into this process. It lends references and spans by offset, checked; nobody keeps an address.</summary>
/// <remarks>Mapped for the life of the process and never unmapped, so what it lent stays valid. memfd_create(2), mmap(2).</remarks>
public sealed unsafe partial class SharedMemory
{
    private const int PROT_READ_WRITE = 3;
    private const int PROT_READ = 1;
    private const int MAP_SHARED = 1;
    private const uint MFD_CLOEXEC = 1;

    // Safe: the mapping lives as long as the process; every access below is checked against Length.
    private readonly byte* _start;

    private SharedMemory(int descriptor, long length, bool writable)
    {
        nint address = mmap(0, (nuint)length, writable ? PROT_READ_WRITE : PROT_READ, MAP_SHARED, descriptor, 0);
        if (address == -1)
            throw new SystemCallException("mmap", SystemError.Last);
        _start = (byte*)address;
        Length = length;
        Descriptor = descriptor;
    }

    public int Descriptor { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>A new segment of zeros, allocated in full: no later write can fail for want of memory.</summary>
    public static SharedMemory Create(string name, long length)
    {
        int descriptor = SystemError.Check(memfd_create(name, MFD_CLOEXEC), "memfd_create");
        int error = posix_fallocate(descriptor, 0, length);
        if (error != 0)
        {
            Descriptors.Close(descriptor);
            throw new SystemCallException("could not allocate the shared memory segment", error);
        }
        return new SharedMemory(Descriptors.MoveUp(descriptor), length, writable: true);
    }

    /// <summary>Maps a segment that we inherited (writable) or opened through /proc (read-only).</summary>
    public static SharedMemory Attach(int descriptor, long length, bool writable) => new(descriptor, length, writable);

    public ref int Int32(long offset)
    {
        Check(offset, sizeof(int));
        return ref *(int*)(_start + offset);
    }

    public ref long Int64(long offset)
    {
        Check(offset, sizeof(long));
        return ref *(long*)(_start + offset);
    }

    public ref ulong UInt64(long offset)
    {
        Check(offset, sizeof(ulong));
        return ref *(ulong*)(_start + offset);
    }

    public Span<byte> Slice(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset + length > Length)
            throw new ArgumentOutOfRangeException(nameof(offset));
        return new Span<byte>(_start + offset, length);
    }

    private void Check(long offset, int size)
    {
        if (offset < 0 || offset + size > Length || offset % size != 0)
            throw new ArgumentOutOfRangeException(nameof(offset));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial int posix_fallocate(int descriptor, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);
}
