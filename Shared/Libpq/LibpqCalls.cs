using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Pgrepl.Shared.Libpq;

/// <summary>The functions of libpq that this project calls, under their own names.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/interfaces/libpq/libpq-fe.h; chapter "libpq: C Library" of the manual. Nothing here is newer than libpq 10.
/// Strings that libpq returns belong to libpq (the connection or the result), so they come back as addresses and are copied at once.</remarks>
[SuppressMessage("ApiDesign", "RS0030", Justification = "The folder is the place for this; .editorconfig does not reach what the LibraryImport generator writes.")]
internal static unsafe partial class LibpqCalls
{
    /// <summary>The soname: plain libpq.so exists only where the headers are installed.</summary>
    internal const string Library = "libpq.so.5";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial PgConnectionHandle PQconnectStart(string conninfo);

    [LibraryImport(Library)]
    internal static partial int PQconnectPoll(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial void PQfinish(nint connection);

    [LibraryImport(Library)]
    internal static partial int PQstatus(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQsocket(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQlibVersion();

    [LibraryImport(Library)]
    internal static partial int PQserverVersion(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQbackendPID(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQtransactionStatus(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial nint PQerrorMessage(PgConnectionHandle connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint PQparameterStatus(PgConnectionHandle connection, string name);

    [LibraryImport(Library)]
    internal static partial nint PQhost(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial nint PQport(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial ConninfoOption* PQconninfo(PgConnectionHandle connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ConninfoOption* PQconninfoParse(string conninfo, out nint error);

    [LibraryImport(Library)]
    internal static partial void PQconninfoFree(ConninfoOption* options);

    [LibraryImport(Library)]
    internal static partial void PQfreemem(nint memory);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint PQencryptPasswordConn(PgConnectionHandle connection, string password, string user, string algorithm);

    [LibraryImport(Library)]
    internal static partial nint PQsetNoticeReceiver(PgConnectionHandle connection, delegate* unmanaged[Cdecl]<nint, nint, void> receiver, nint argument);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int PQsendQuery(PgConnectionHandle connection, string command);

    [LibraryImport(Library)]
    internal static partial int PQconsumeInput(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQisBusy(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial PgResultHandle PQgetResult(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQsetnonblocking(PgConnectionHandle connection, int nonBlocking);

    [LibraryImport(Library)]
    internal static partial int PQflush(PgConnectionHandle connection);

    [LibraryImport(Library)]
    internal static partial int PQgetCopyData(PgConnectionHandle connection, out nint buffer, int asynchronous);

    [LibraryImport(Library)]
    internal static partial int PQputCopyData(PgConnectionHandle connection, byte* buffer, int length);

    [LibraryImport(Library)]
    internal static partial int PQputCopyEnd(PgConnectionHandle connection, nint errorMessage);

    [LibraryImport(Library)]
    internal static partial void PQclear(nint result);

    [LibraryImport(Library)]
    internal static partial int PQresultStatus(PgResultHandle result);

    [LibraryImport(Library)]
    internal static partial nint PQresultErrorMessage(PgResultHandle result);

    [LibraryImport(Library, EntryPoint = "PQresultErrorMessage")]
    internal static partial nint PQresultErrorMessageOf(nint result);

    [LibraryImport(Library)]
    internal static partial nint PQresultErrorField(PgResultHandle result, int fieldCode);

    [LibraryImport(Library)]
    internal static partial int PQntuples(PgResultHandle result);

    [LibraryImport(Library)]
    internal static partial int PQnfields(PgResultHandle result);

    [LibraryImport(Library)]
    internal static partial nint PQfname(PgResultHandle result, int column);

    [LibraryImport(Library)]
    internal static partial int PQgetisnull(PgResultHandle result, int row, int column);

    [LibraryImport(Library)]
    internal static partial int PQgetlength(PgResultHandle result, int row, int column);

    [LibraryImport(Library)]
    internal static partial nint PQgetvalue(PgResultHandle result, int row, int column);

    [LibraryImport(Library)]
    internal static partial nint PQcmdStatus(PgResultHandle result);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    /// <summary>PQconninfoOption. The array that libpq returns ends with an entry whose keyword is null.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ConninfoOption
    {
        public nint Keyword;
        public nint EnvironmentVariable;
        public nint Compiled;
        public nint Value;
        public nint Label;
        public nint DisplayCharacter;
        public int DisplaySize;
    }

    /// <summary>struct pollfd, poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }
}
