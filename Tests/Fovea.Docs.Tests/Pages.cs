namespace Fovea.Docs.Tests;

/// <summary>The repository's pages.</summary>
internal static class Pages
{
    /// <summary>Their names below the repository.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Directory.GetFiles(Repository.PathOf(""), "*.md", SearchOption.AllDirectories).Select(NameOf)
            .Where(p => !p.Split('/').Any(part => part is "bin" or "obj" or "out" || part.StartsWith('.'))).Order(StringComparer.Ordinal),
    ];

    /// <summary>A page's text.</summary>
    public static string Read(string page) => File.ReadAllText(Repository.PathOf(page)).ReplaceLineEndings("\n");

    /// <summary>A file's name below the repository.</summary>
    public static string NameOf(string path) => Path.GetRelativePath(Repository.Folder!, Path.GetFullPath(path)).Replace('\\', '/');
}
