using Microsoft.Win32.SafeHandles;

namespace Pgrepl.Shared.Libpq;

/// <summary>Owns one PGconn. libpq wants PQfinish even after a failed connect: the handle gives it in both cases, once.</summary>
internal sealed class PgConnectionHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibpqCalls.PQfinish(handle);
        return true;
    }
}

/// <summary>Owns one PGresult. A null result is an invalid handle and needs no PQclear.</summary>
internal sealed class PgResultHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibpqCalls.PQclear(handle);
        return true;
    }
}
