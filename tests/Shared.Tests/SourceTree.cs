namespace Pgrepl.Shared.Tests;

/// <summary>Files that stand in the project's own tree, for tests that read or write them there.</summary>
internal static class SourceTree
{
    private static readonly string Root = FindRoot();

    public static string Path(string fromRoot) => System.IO.Path.Combine(Root, fromRoot);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "pgrepl.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no pgrepl.sln above {AppContext.BaseDirectory}");
    }
}
