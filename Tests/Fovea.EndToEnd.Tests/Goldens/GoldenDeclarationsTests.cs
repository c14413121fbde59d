using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>
/// The GPU check has the narrow models compiled in, since it cannot compile where it runs: their declarations are those of the manifest.
/// </summary>
[Trait("Needs", "Goldens")]
[Collection(GoldenReport.Collection)]
public class GoldenDeclarationsTests
{
    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void The_GPU_check_declares_the_manifests_model(GoldenEntry entry)
    {
        entry.Require();
        var root = Repository.Folder;
        Skip.If(root is null, "The tests do not run inside the repository.");
        Check(entry, root, "", batchStatistics: false);
        if (entry.Has("_bntrain"))
        {
            Check(entry, root, "Batch", batchStatistics: true);
        }
    }

    /// <summary>narrow_v1_basic is declared in NarrowV1Basic.g.cs, in a namespace of its own.</summary>
    private static void Check(GoldenEntry entry, string root, string suffix, bool batchStatistics)
    {
        var name = string.Concat(entry.Id.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])) + suffix;
        var path = Path.Combine(root, "Tests", "Gpu", "Goldens", "Declarations", $"{name}.g.cs");
        var expected = GoldenDeclaration.For(entry, batchStatistics)
            .Replace("namespace Goldens;", $"namespace Goldens.{name};", StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("FOVEA_UPDATE_DECLARATIONS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(File.Exists(path), $"{path} is missing: run with FOVEA_UPDATE_DECLARATIONS=1, and add the model to GoldenModel.");
        Assert.Equal(expected, File.ReadAllText(path));
    }
}
