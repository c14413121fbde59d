namespace Fovea.TestSupport;

/// <summary>The browser that pages are opened in.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>What FOVEA_CHROMIUM names, or the first on the path; null: there is none.</summary>
    public static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("FOVEA_CHROMIUM");
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return named is { Length: > 0 } ? named : folders.SelectMany(f => Names.Select(n => Path.Combine(f, n))).FirstOrDefault(File.Exists);
    }

    /// <summary>Why a test skips without one.</summary>
    public static string WhySkipped => $"No {string.Join(", ", Names)} on the path; install chromium, or set FOVEA_CHROMIUM.";
}
