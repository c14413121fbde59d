namespace Fovea.Tests.Data;

/// <summary>The real pictures: <c>FOVEA_DATA</c>, else <c>shared/datasets</c> beside the repository.</summary>
internal static class TestData
{
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("FOVEA_DATA") is { Length: > 0 } set
            ? Path.GetFullPath(set)
            : Path.GetFullPath(Path.Combine(Repository.Folder ?? AppContext.BaseDirectory, "..", "shared", "datasets"));

    /// <summary>The path of something in the folder; skips the test, with the reason, where it is absent.</summary>
    public static string Require(params string[] parts)
    {
        var path = Path.Combine([Folder, .. parts]);
        Skip.IfNot(Path.Exists(path), $"No {path}; set FOVEA_DATA.");
        return path;
    }
}
