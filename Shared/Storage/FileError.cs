using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>Turns the errno of a file call into the error a user sees.</summary>
/// <remarks>Source of truth: errcode_for_file_access, PostgreSQL 15, src/backend/utils/error/elog.c. Two differences: a full quota is a full disk, and what
/// PostgreSQL calls an internal error is an I/O error here.</remarks>
public static class FileError
{
    private const string WrongObjectType = "42809", OutOfMemory = "53200";

    /// <summary><paramref name="what"/>, a colon and the system's words: <c>could not open file "x": No such file or directory</c>.</summary>
    /// <param name="error">errno, or minus errno as <see cref="FileCalls"/> returns it.</param>
    public static PgException Create(long error, string what) => new(SqlState(error), $"{what}: {FileCalls.Describe(error)}", hint: HintFor(error));

    /// <exception cref="PgException"><paramref name="result"/> is negative.</exception>
    public static void ThrowIfNegative(long result, string what)
    {
        if (result < 0)
            throw Create(result, what);
    }

    /// <summary>What the operator can do about it; <see langword="null"/>: nothing that the error would tell.</summary>
    private static string? HintFor(long error) => Math.Abs(error) switch
    {
        FileCalls.EIO => "The disk, or the way to it, fails: see the kernel's log before you trust it again.",
        FileCalls.EROFS => "The kernel makes a file system read-only after an I/O error on it: see the kernel's log, then check the file system and mount it anew.",
        _ => null,
    };

    public static string SqlState(long error) => Math.Abs(error) switch
    {
        FileCalls.EPERM or FileCalls.EACCES or FileCalls.EROFS => SqlStates.InsufficientPrivilege,
        FileCalls.ENOENT => SqlStates.UndefinedFile,
        FileCalls.EEXIST => SqlStates.DuplicateFile,
        FileCalls.ENOTDIR or FileCalls.EISDIR or FileCalls.ENOTEMPTY => WrongObjectType,
        FileCalls.ENOSPC or FileCalls.EDQUOT => SqlStates.DiskFull,
        FileCalls.ENOMEM => OutOfMemory,
        FileCalls.ENFILE or FileCalls.EMFILE => SqlStates.InsufficientResources,
        _ => SqlStates.IoError,
    };
}
