namespace Fovea.TestSupport;

/// <summary>The sources that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>What a project with implicit usings has in all its files.</summary>
    public const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The folder of <c>Fovea.slnx</c>, above the test's own; null where the tests run outside it.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>A folder or file below it.</summary>
    /// <exception cref="InvalidOperationException">The tests run outside the repository.</exception>
    public static string PathOf(string name) =>
        Path.Combine(Folder ?? throw new InvalidOperationException($"No Fovea.slnx above {AppContext.BaseDirectory}."), name);

    /// <summary>The C# sources below a folder, in order, without what builds have left there.</summary>
    public static IReadOnlyList<string> SourcesOf(string folder)
    {
        var root = PathOf(folder);
        return [.. Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(f => !Path.GetRelativePath(root, f).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal)];
    }

    private static string? Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fovea.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
