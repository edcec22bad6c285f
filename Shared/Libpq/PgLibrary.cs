using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Libpq;

/// <summary>Whether libpq is there at all.</summary>
public static class PgLibrary
{
    /// <summary>Of libpq itself, as PQserverVersion counts: 150018. It must be there.</summary>
    public static int Version => LibpqCalls.PQlibVersion();

    /// <summary><see langword="null"/> when libpq.so.5 can be loaded, else one line that says what to install.</summary>
    public static string? LibpqMissing() =>
        NativeLibrary.TryLoad(LibpqCalls.Library, out _)
            ? null
            : $"could not load {LibpqCalls.Library}: install the package libpq5 (Debian, Ubuntu) or postgresql-libs (Fedora, RHEL)";
}
