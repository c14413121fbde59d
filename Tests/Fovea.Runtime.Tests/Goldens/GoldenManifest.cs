using System.Reflection;
using System.Text.Json;
using Xunit.Sdk;

namespace Fovea.Tests.Goldens;

/// <summary>
/// The goldens' folder: <c>FOVEA_GOLDENS</c>, else <c>shared/goldens</c> beside the repository. Tests walk its manifest and handle every
/// entry of the kinds they own (<see cref="GoldenKinds"/>); ids, seeds and sizes come from the entries.
/// </summary>
public static class GoldenManifest
{
    private static readonly Lazy<GoldenEntry[]> Fixtures = new(ReadManifest);

    /// <summary>Where the goldens are, or would be.</summary>
    public static string Folder { get; } = FindFolder();

    /// <summary>Whether there is a manifest.</summary>
    public static bool Found => File.Exists(Path.Combine(Folder, "manifest.json"));

    /// <summary>Every fixture, in the manifest's order; empty without a manifest.</summary>
    public static IReadOnlyList<GoldenEntry> All => Fixtures.Value;

    /// <summary>What the manifest says its hash gives (<c>hash_recipe.test</c>); null where it says nothing of it.</summary>
    public static JsonElement? HashExamples =>
        Manifest().RootElement.TryGetProperty("hash_recipe", out var recipe) && recipe.TryGetProperty("test", out var examples) ? examples : null;

    /// <summary>
    /// The entries of these kinds as theory data; where there are none, one entry that makes the test skip with the reason.
    /// </summary>
    public static IEnumerable<object[]> Entries(params string[] kinds)
    {
        var found = All.Where(e => kinds.Contains(e.Kind)).Select(e => new object[] { e }).ToList();
        return found.Count > 0 ? found : [[GoldenEntry.MissingFor(kinds[0])]];
    }

    private static string FindFolder() =>
        Environment.GetEnvironmentVariable("FOVEA_GOLDENS") is { Length: > 0 } set
            ? Path.GetFullPath(set)
            : Path.GetFullPath(Path.Combine(Repository.Folder ?? AppContext.BaseDirectory, "..", "shared", "goldens"));

    private static JsonDocument Manifest() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "manifest.json")));

    private static GoldenEntry[] ReadManifest()
    {
        if (!Found)
        {
            return [];
        }

        using var manifest = Manifest();
        return manifest.RootElement.GetProperty("fixtures").EnumerateArray()
            .Select(f => new GoldenEntry(
                f.GetProperty("id").GetString()!,
                f.GetProperty("kind").GetString()!,
                f.GetProperty("meta").GetString()!,
                f.GetProperty("files").EnumerateObject().Select(file => file.Name).ToArray()))
            .ToArray();
    }
}

/// <summary>Theory data from the manifest: <c>[SkippableTheory, GoldenData("nms")]</c> runs once for each entry of the kinds.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class GoldenDataAttribute(params string[] kinds) : DataAttribute
{
    public string[] Kinds { get; } = kinds;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => GoldenManifest.Entries(Kinds);
}
