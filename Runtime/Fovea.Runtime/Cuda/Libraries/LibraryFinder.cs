namespace Fovea.Cuda;

/// <summary>
/// Where a library may lie, best first: the option or the variable alone if one is set; else the active Python environment, where pip's
/// wheels put NVIDIA's libraries; else wherever the system's loader looks.
/// </summary>
/// <param name="environment">The machine.</param>
internal sealed class LibraryFinder(LibraryEnvironment environment)
{
    /// <summary>Candidates in the order in which they are tried.</summary>
    /// <param name="library">Which.</param>
    /// <param name="path">The option's value, a file or a folder, or null.</param>
    public IReadOnlyList<LibraryCandidate> Find(CudaLibrary library, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(library);
        var file = library.FileFor(environment.IsWindows);
        if (!string.IsNullOrEmpty(path))
        {
            return [Explicit(library, file, path, "the option")];
        }

        if (environment.ValueOf(library.Variable) is { } value)
        {
            return [Explicit(library, file, value, library.Variable)];
        }

        var found = library.InPython ? InPython(library, file) : [];
        return [.. found, new LibraryCandidate(file, "the system's loader", IsFile: false, [])];
    }

    /// <summary>The folders of the active Python environment that a library is looked for in; for messages.</summary>
    internal IEnumerable<string> PythonFoldersFor(CudaLibrary library) => library.InPython ? PythonFolders.Find(environment) : [];

    private LibraryCandidate Explicit(CudaLibrary library, string file, string value, string origin)
    {
        var full = Path.GetFullPath(value);
        var path = Directory.Exists(full) ? Path.Combine(full, file) : full;
        return new LibraryCandidate(path, $"{origin} ({value})", IsFile: true, DependenciesOf(library, path));
    }

    private IEnumerable<LibraryCandidate> InPython(CudaLibrary library, string file)
    {
        foreach (var packages in PythonFolders.Find(environment))
        {
            foreach (var folder in WheelFolders(Path.Combine(packages, "nvidia")))
            {
                var path = Path.Combine(folder, file);
                if (File.Exists(path))
                {
                    yield return new LibraryCandidate(path, "the Python environment", IsFile: true, DependenciesOf(library, path));
                }
            }
        }

        // conda puts libraries of all packages into one folder of the environment.
        if (environment.ValueOf("CONDA_PREFIX") is { } conda)
        {
            var path = environment.IsWindows ? Path.Combine(conda, "Library", "bin", file) : Path.Combine(conda, "lib", file);
            if (File.Exists(path))
            {
                yield return new LibraryCandidate(path, "the conda environment", IsFile: true, DependenciesOf(library, path));
            }
        }
    }

    /// <summary>nvidia/*/lib, on Windows nvidia/*/bin.</summary>
    private IEnumerable<string> WheelFolders(string root) =>
        !Directory.Exists(root)
            ? []
            : Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal)
                .Select(package => Path.Combine(package, environment.IsWindows ? "bin" : "lib")).Where(Directory.Exists);

    /// <summary>What must be loaded before a library, from its own folder and, in a wheel, from the wheels beside it.</summary>
    private IReadOnlyList<string> DependenciesOf(CudaLibrary library, string path)
    {
        if (Path.GetDirectoryName(path) is not { } own || !Directory.Exists(own))
        {
            return [];
        }

        var root = Path.GetDirectoryName(Path.GetDirectoryName(own));
        var inWheel = root is not null && Path.GetFileName(root) == "nvidia";
        string[] folders = inWheel ? [own, .. WheelFolders(root!).Where(folder => folder != own)] : [own];
        return [.. library.Dependencies.SelectMany(pattern => FilesOf(pattern, pattern.BesideOnly ? [own] : folders))];
    }

    private IEnumerable<string> FilesOf(LibraryPattern pattern, string[] folders) =>
        folders.SelectMany(folder => Directory.EnumerateFiles(folder, pattern.FileFor(environment.IsWindows)).Order(StringComparer.Ordinal))
            .DistinctBy(Path.GetFileName, StringComparer.Ordinal);
}

/// <summary>Where a library may lie.</summary>
/// <param name="Path">The file, or a name for the system's loader.</param>
/// <param name="Origin">What led there, for messages.</param>
/// <param name="IsFile">Whether <paramref name="Path"/> is a file's path.</param>
/// <param name="Dependencies">Files to load before it, in order.</param>
internal sealed record LibraryCandidate(string Path, string Origin, bool IsFile, IReadOnlyList<string> Dependencies);
