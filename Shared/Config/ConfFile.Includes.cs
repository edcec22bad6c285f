using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Config;

internal sealed partial class ConfFile
{
    /// <summary>Deeper is taken for a circle.</summary>
    private const int MaxDepth = 10;

    /// <returns>False: the name is a setting's.</returns>
    private bool Include(string name, string value, string file, int line, int depth)
    {
        switch (name.ToLowerInvariant())
        {
            case "include":
                IncludeFile(value, mustExist: true, file, line, depth + 1);
                return true;
            case "include_if_exists":
                IncludeFile(value, mustExist: false, file, line, depth + 1);
                return true;
            case "include_dir":
                IncludeDirectory(value, file, line, depth + 1);
                return true;
            default:
                return false;
        }
    }

    private void IncludeFile(string name, bool mustExist, string file, int line, int depth)
    {
        if (name.AsSpan().Trim(" \t\r\n").IsEmpty)
            _errors.Add(Error(file, line, $"empty configuration file name: \"{name}\""));
        else if (depth > MaxDepth)
            _errors.Add(Error(file, line, $"could not open configuration file \"{name}\": maximum nesting depth exceeded"));
        else if (Absolute(name, file) is var path && path == file)
            _errors.Add(Error(file, line, $"configuration file recursion in \"{file}\""));
        else if (Read(path, file, line) is { } bytes)
            Add(path, bytes, depth);
        else if (mustExist)
            _errors.Add(Error(file, line, $"could not open configuration file \"{path}\": {FileCalls.Describe(FileCalls.ENOENT)}"));
    }

    /// <summary>Every *.conf of it, in the order of the bytes of their names.</summary>
    private void IncludeDirectory(string name, string file, int line, int depth)
    {
        if (name.AsSpan().Trim(" \t\r\n").IsEmpty)
        {
            _errors.Add(Error(file, line, $"empty configuration directory name: \"{name}\""));
            return;
        }
        string directory = Absolute(name, file);
        try
        {
            foreach (string path in Directory.GetFiles(directory, "*.conf").Order(StringComparer.Ordinal))
                if (Path.GetFileName(path) is { Length: > 5 } own && own[0] != '.')
                    IncludeFile(path, mustExist: true, file, line, depth);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e is DirectoryNotFoundException ? FileCalls.Describe(FileCalls.ENOENT) : e.Message;
            _errors.Add(Error(file, line, $"could not open configuration directory \"{directory}\": {why}"));
        }
    }

    private byte[]? Read(string path, string file, int line)
    {
        try
        {
            return DurableFile.TryRead(path);
        }
        catch (PgException e)
        {
            _errors.Add(Error(file, line, e.Message));
            return [];
        }
    }

    private static string Absolute(string name, string callingFile) => Path.GetFullPath(name, Path.GetDirectoryName(Path.GetFullPath(callingFile))!);
}
