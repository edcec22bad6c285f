using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Native;

/// <summary>C's local time: the zone of TZ or /etc/localtime with the abbreviations that .NET does not know.</summary>
/// <remarks>Source of truth: localtime_r(3), strftime(3); struct tm of glibc on x86-64 has 56 bytes.</remarks>
public static partial class LocalTimeCalls
{
    private const string Library = "libc";
    private const int TmWords = 8; // struct tm: 9 ints, 4 bytes of padding, 8 gmtoff, 8 zone

    private static readonly bool ZoneRead = ReadZone();

    /// <summary>strftime of one second of local time.</summary>
    /// <param name="format">strftime's, without a zero.</param>
    /// <returns>Bytes written; 0: it does not fit, or the year is beyond what struct tm can hold.</returns>
    public static int Format(long unixSeconds, string format, Span<byte> target)
    {
        Span<long> tm = stackalloc long[TmWords];
        tm.Clear();
        return !ZoneRead || localtime_r(in unixSeconds, tm) == 0 ? 0 : (int)strftime(target, (nuint)target.Length, format, tm);
    }

    /// <summary>localtime_r does not look at TZ by itself.</summary>
    private static bool ReadZone()
    {
        tzset();
        return true;
    }

    [LibraryImport(Library)]
    private static partial void tzset();

    [LibraryImport(Library)]
    private static partial nint localtime_r(in long time, Span<long> result); // the zone it points to stays for the process's life

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint strftime(Span<byte> target, nuint size, string format, ReadOnlySpan<long> tm);
}
