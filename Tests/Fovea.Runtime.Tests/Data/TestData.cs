using Fovea.Tests.Goldens;

namespace Fovea.Tests.Data;

/// <summary>The real pictures: <c>FOVEA_DATA</c>, else <c>shared/datasets</c> beside the repository.</summary>
internal static class TestData
{
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("FOVEA_DATA") is { Length: > 0 } set
            ? Path.GetFullPath(set)
            : Path.GetFullPath(Path.Combine(GoldenManifest.RepositoryRoot() ?? AppContext.BaseDirectory, "..", "shared", "datasets"));

    /// <summary>The path of something in the folder; skips the test, with the reason, where it is absent.</summary>
    public static string Require(params string[] parts)
    {
        var path = Path.Combine([Folder, .. parts]);
        Skip.IfNot(Path.Exists(path), $"No {path}; set FOVEA_DATA.");
        return path;
    }
}

/// <summary>A folder of its own for a test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "fovea-" + Guid.NewGuid().ToString("N"));

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
