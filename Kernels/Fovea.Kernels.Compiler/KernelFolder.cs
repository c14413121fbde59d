namespace Fovea.Kernels.Compiler;

/// <summary>The project folder with the kernels' sources, their PTX and their typed launches.</summary>
public sealed record KernelFolder(string Root)
{
    /// <summary>The folder, from wherever inside the repository the program is started.</summary>
    public static KernelFolder Find()
    {
        foreach (var start in (string[])[Directory.GetCurrentDirectory(), AppContext.BaseDirectory])
        {
            for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
            {
                var root = Path.Combine(at.FullName, "Kernels", "Fovea.Kernels");
                if (Directory.Exists(Path.Combine(root, "Sources")))
                {
                    return new KernelFolder(root);
                }
            }
        }

        throw new DirectoryNotFoundException("Kernels/Fovea.Kernels/Sources was not found: start inside the repository.");
    }

    /// <summary>Every .cu file, sorted.</summary>
    public IReadOnlyList<KernelSource> Sources() =>
        [.. Directory.GetFiles(Path.Combine(Root, "Sources"), "*.cu").Order(StringComparer.Ordinal).Select(KernelSource.Parse)];

    /// <summary>Everything that a build writes and that is there.</summary>
    public IEnumerable<string> OutputFiles() => Existing("ptx", "*.ptx").Concat(Existing("Generated", "*.g.cs"));

    private string[] Existing(string folder, string pattern)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? Directory.GetFiles(path, pattern) : [];
    }
}
