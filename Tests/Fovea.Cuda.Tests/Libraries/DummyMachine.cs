namespace Fovea.Cuda.Tests.Libraries;

/// <summary>A folder that stands for a machine's disk, with variables and a loader of its own.</summary>
internal sealed class DummyMachine : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("fovea-libraries-").FullName;
    private readonly Dictionary<string, string> variables = [];

    /// <summary>What the loader was asked for, in order, below the machine's root.</summary>
    public List<string> Loads { get; } = [];

    /// <summary>Names that the loader finds by itself.</summary>
    public HashSet<string> Known { get; } = [];

    /// <summary>Files that do not load, and why.</summary>
    public Dictionary<string, string> Broken { get; } = [];

    public bool IsWindows { get; init; }

    public LibraryEnvironment Environment => new()
    {
        IsWindows = IsWindows,
        Variable = name => variables.GetValueOrDefault(name),
        Load = Load,
    };

    public CudaLibraries Libraries => new(Environment);

    public string this[string path] => Path.Combine(root, path);

    public void Set(string variable, string value) => variables[variable] = value;

    /// <summary>Makes empty files.</summary>
    public void Add(params string[] files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(this[file])!);
            File.WriteAllBytes(this[file], []);
        }
    }

    public void Link(string file, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[file])!);
        File.CreateSymbolicLink(this[file], this[target]);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private nint Load(string path, out string? reason)
    {
        var name = Path.IsPathRooted(path) ? Path.GetRelativePath(root, path) : path;
        Loads.Add(name);
        reason = Broken.GetValueOrDefault(name);
        return reason is null && (Known.Contains(name) || File.Exists(path)) ? Loads.Count : 0;
    }
}
