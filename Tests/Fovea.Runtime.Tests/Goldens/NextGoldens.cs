using System.Text.Json;

namespace Fovea.Tests.Goldens;

/// <summary>
/// Golden values that came later, in a folder of their own with a manifest of its own: <c>FOVEA_GOLDENS_NEXT</c>, else <c>goldens-next</c>
/// beside the goldens' folder. Tests of a kind walk its entries, and skip with a reason where there are none.
/// </summary>
internal static class NextGoldens
{
    public const string HardExamples = "ohem and FL*";

    /// <summary>The kinds that some test owns.</summary>
    public static readonly string[] Kinds = [HardExamples];

    public static string Folder { get; } = Environment.GetEnvironmentVariable("FOVEA_GOLDENS_NEXT") is { Length: > 0 } set
        ? Path.GetFullPath(set)
        : Path.GetFullPath(Path.Combine(GoldenManifest.Folder, "..", "goldens-next"));

    private static string Manifest => Path.Combine(Folder, "manifest.json");

    /// <summary>Id and kind of every entry; one without an id where there is no manifest.</summary>
    public static IEnumerable<(string Id, string Kind)> All() => File.Exists(Manifest)
        ? [.. Fixtures().Select(f => (f.GetProperty("id").GetString()!, f.GetProperty("kind").GetString()!))]
        : [];

    /// <summary>The ids of a kind's entries; an empty one where there are none.</summary>
    public static TheoryData<string> Entries(string kind)
    {
        string[] ids = [.. All().Where(e => e.Kind == kind).Select(e => e.Id)];
        return ids.Length > 0 ? [.. ids] : [""];
    }

    /// <summary>An entry's parameters and tensors; skips, with the reason, where it stands for absent ones.</summary>
    public static (JsonElement Params, Dictionary<string, GoldenTensor> Tensors) Read(string id)
    {
        Skip.If(id.Length == 0, $"No such goldens: {Manifest} is absent or has none of this kind; set FOVEA_GOLDENS_NEXT.");
        var entry = Fixtures().Single(f => f.GetProperty("id").GetString() == id);
        return (entry.GetProperty("params"), GoldenFile.Read(Path.Combine(Folder, id + ".safetensors")));
    }

    private static JsonElement.ArrayEnumerator Fixtures() =>
        JsonDocument.Parse(File.ReadAllBytes(Manifest)).RootElement.GetProperty("fixtures").EnumerateArray();
}

[Trait("Needs", "Goldens")]
public class NextGoldensTests
{
    [SkippableFact]
    public void Every_kind_in_the_manifest_has_an_owner()
    {
        Skip.If(!NextGoldens.All().Any(), $"No manifest.json in {NextGoldens.Folder}; set FOVEA_GOLDENS_NEXT.");
        Assert.All(NextGoldens.All(), entry => Assert.Contains(entry.Kind, NextGoldens.Kinds));
    }
}
