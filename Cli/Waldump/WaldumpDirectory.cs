using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>Finds the folder that holds the segments, and their size.</summary>
/// <remarks>Source of truth: identify_target_directory, search_directory, open_file_in_directory, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c.</remarks>
internal static class WaldumpDirectory
{
    private const string WalFolder = "pg_wal";

    private static readonly SearchValues<char> UpperHexDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>dirname and basename; without a slash there is no folder.</summary>
    internal static (string? Directory, string Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? (null, path) : (path[..slash], path[(slash + 1)..]);
    }

    /// <returns>Why the folder cannot be opened; <see langword="null"/>: it can.</returns>
    internal static string? Verify(string directory)
    {
        int error = FileCalls.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFileHandle? handle);
        handle?.Dispose();
        return error < 0 ? $"could not open directory \"{directory}\": {FileCalls.Describe(error)}" : null;
    }

    /// <param name="directory">-p, or the folder of STARTSEG; <see langword="null"/>: the usual places.</param>
    /// <param name="name">A file that must be there; <see langword="null"/>: any segment.</param>
    /// <param name="segmentSize">Bytes, as the file's first page says.</param>
    /// <param name="major">The same; of a page of no major that we know a log cluster's, whose reader says what is wrong with it.</param>
    /// <exception cref="PgException">Nowhere, or not a segment.</exception>
    internal static string Find(string? directory, string? name, out int segmentSize, out PostgresMajor major)
    {
        string? data = Environment.GetEnvironmentVariable("PGDATA");
        string[] places = directory is not null ? [directory, $"{directory}/{WalFolder}"] : data is null ? [".", WalFolder] : [".", WalFolder, $"{data}/{WalFolder}"];
        foreach (string place in places)
        {
            if (Search(place, name, out segmentSize, out major))
                return place;
        }
        throw Fatal(name is null ? "could not find any WAL file" : $"could not locate WAL file \"{name}\"");
    }

    /// <returns><see langword="null"/>: no such file.</returns>
    /// <exception cref="PgException">It cannot be opened.</exception>
    internal static SafeFileHandle? Open(string directory, string name)
    {
        int error = FileCalls.Open($"{directory}/{name}", OpenFlags.ReadOnly, 0, out SafeFileHandle? file);
        return error == 0 || error == -FileCalls.ENOENT ? file : throw Fatal($"could not open file \"{name}\": {FileCalls.Describe(error)}");
    }

    internal static PgException Fatal(string message) => new(SqlStates.UndefinedFile, message);

    private static bool Search(string directory, string? name, out int segmentSize, out PostgresMajor major)
    {
        major = PostgresMajor.LogCluster;
        segmentSize = 0;
        name ??= AnySegment(directory);
        using SafeFileHandle? file = name is null ? null : Open(directory, name);
        if (file is null)
            return false;
        byte[] page = new byte[WalFormat.PageSize];
        long read = FileCalls.Pread(file, page, 0);
        if (read < 0)
            throw Fatal($"could not read file \"{name}\": {FileCalls.Describe(read)}");
        if (read != page.Length)
            throw Fatal($"could not read file \"{name}\": read {read} of {page.Length}");
        segmentSize = (int)WalLongPageHeader.Read(page)!.Value.SegmentSize;
        major = PostgresMajor.OfPage(WalPageHeader.Read(page)!.Value.Magic) ?? major;
        if (!WalFormat.IsValidSegmentSize(segmentSize))
            throw Fatal($"WAL segment size must be a power of two between 1 MB and 1 GB, but the WAL file \"{name}\" header specifies {segmentSize} byte{(segmentSize == 1 ? "" : "s")}");
        return true;
    }

    /// <summary>IsXLogFileName of the folder's entries, in the order of the folder.</summary>
    private static string? AnySegment(string directory)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)).FirstOrDefault(name => name.Length == 24 && !name.AsSpan().ContainsAnyExcept(UpperHexDigits));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // a place that cannot be looked into is none
        }
    }
}
