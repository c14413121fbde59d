namespace Fovea.Cuda;

/// <summary>Opens NVIDIA's libraries, each once. A library that was opened stays for as long as the process lives.</summary>
/// <param name="environment">The machine.</param>
/// <param name="paths">A library's file or folder, which goes before everything else.</param>
internal sealed class CudaLibraries(LibraryEnvironment environment, IReadOnlyDictionary<CudaLibrary, string>? paths = null)
{
    private readonly LibraryFinder finder = new(environment);
    private readonly Dictionary<CudaLibrary, LoadedLibrary> opened = new(ReferenceEqualityComparer.Instance);
    private readonly Lock gate = new();

    /// <summary>The process's, by its environment variables.</summary>
    public static CudaLibraries Default { get; } = new(LibraryEnvironment.System);

    /// <summary>The process's, with a driver library of one's own.</summary>
    /// <param name="driver">The file, or the folder that it lies in.</param>
    public static CudaLibraries WithDriver(string driver) =>
        new(LibraryEnvironment.System, new Dictionary<CudaLibrary, string> { [CudaLibrary.Driver] = driver });

    /// <summary>Whether the library's variable says <see cref="CudaLibrary.None"/>: it is to be done without.</summary>
    internal bool IsUnwanted(CudaLibrary library) => environment.ValueOf(library.Variable) == CudaLibrary.None;

    /// <summary>A library, loaded with what it depends on.</summary>
    /// <param name="library">Which.</param>
    /// <exception cref="CudaException">
    /// It is not there, or does not load. The message says what was looked for, where, and how to get it.
    /// </exception>
    public LoadedLibrary Open(CudaLibrary library)
    {
        ArgumentNullException.ThrowIfNull(library);
        lock (gate)
        {
            if (!opened.TryGetValue(library, out var loaded))
            {
                loaded = Load(library);
                opened.Add(library, loaded);
            }

            return loaded;
        }
    }

    private LoadedLibrary Load(CudaLibrary library)
    {
        var attempts = new List<string>();
        foreach (var candidate in finder.Find(library, paths?.GetValueOrDefault(library)))
        {
            if (candidate.IsFile && !File.Exists(candidate.Path))
            {
                attempts.Add($"{candidate.Origin}: there is no {candidate.Path}");
                continue;
            }

            // One that does not load is left to the library itself, which may not need it.
            string[] dependencies = [.. candidate.Dependencies.Where(path => environment.Load(path, out _) != 0)];
            var handle = environment.Load(candidate.Path, out var reason);
            if (handle != 0)
            {
                return new LoadedLibrary(library, candidate.Path, handle, dependencies);
            }

            attempts.Add($"{candidate.Origin}: {reason ?? $"{candidate.Path} does not load"}");
        }

        throw Missing(library, attempts);
    }

    private CudaException Missing(CudaLibrary library, List<string> attempts)
    {
        var python = finder.PythonFoldersFor(library).Select(folder => Path.Combine(folder, "nvidia")).ToArray();
        var alsoIn = python.Length == 0 || attempts.Count > 1 ? "" : $"; not in {string.Join(", ", python)}";
        return new CudaException(
            library.Failure,
            $"{library.Name} cannot be opened: expected {library.FileFor(environment.IsWindows)}, "
            + $"tried {string.Join("; ", attempts)}{alsoIn}. "
            + $"{library.Advice}; {library.Variable} may name its file or folder.");
    }
}
