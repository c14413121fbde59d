using System.Security.Cryptography;
using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>
/// The GPU check has the narrow models compiled in, since it cannot compile where it runs: their declarations are those of the fixtures
/// that <c>fixtures.sha256</c> beside them names. Other fixtures, of another folder, have none there.
/// </summary>
[Trait("Needs", "Goldens")]
[Collection(GoldenReport.Collection)]
public class GoldenDeclarationsTests
{
    private static readonly object Recording = new();

    private static bool IsUpdating => Environment.GetEnvironmentVariable("FOVEA_UPDATE_DECLARATIONS") == "1";

    [SkippableTheory]
    [GoldenData("narrow model v1", "narrow model v2")]
    public void The_GPU_check_declares_the_model_that_its_fixture_describes(GoldenEntry entry)
    {
        entry.Require();
        var root = Repository.Folder;
        Skip.If(root is null, "The tests do not run inside the repository.");
        var folder = Path.Combine(root, "Tests", "Gpu", "Goldens", "Declarations");
        Bind(entry, Path.Combine(folder, "fixtures.sha256"));
        Check(entry, folder, "", batchStatistics: false);
        if (entry.Has("_bntrain"))
        {
            Check(entry, folder, "Batch", batchStatistics: true);
        }
    }

    /// <summary>Skips a fixture that the declarations were not written from: another one, or another folder's of the same name.</summary>
    /// <param name="list">Lines as of sha256sum: the SHA-256 of a fixture's description, and its id.</param>
    private static void Bind(GoldenEntry entry, string list)
    {
        lock (Recording)
        {
            var fixtures = File.Exists(list)
                ? File.ReadLines(list).Select(line => line.Split("  ")).ToDictionary(cells => cells[1], cells => cells[0])
                : [];
            var hash = Convert.ToHexStringLower(SHA256.HashData(entry.MetaBytes()));
            if (IsUpdating)
            {
                fixtures[entry.Id] = hash;
                File.WriteAllText(list, string.Concat(
                    fixtures.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Value}  {f.Key}\n")));
            }

            Skip.If(
                fixtures.GetValueOrDefault(entry.Id) != hash,
                $"{list} names no such fixture {entry.Id}: the GPU check's declarations are those of another folder than "
                    + $"{GoldenManifest.Folder}. "
                    + "If they are to be this one's, run with FOVEA_UPDATE_DECLARATIONS=1 and add the model to GoldenModel.");
        }
    }

    /// <summary>narrow_v1_basic is declared in NarrowV1Basic.g.cs, in a namespace of its own.</summary>
    private static void Check(GoldenEntry entry, string folder, string suffix, bool batchStatistics)
    {
        var name = string.Concat(entry.Id.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])) + suffix;
        var path = Path.Combine(folder, $"{name}.g.cs");
        var expected = GoldenDeclaration.For(entry, batchStatistics)
            .Replace("namespace Goldens;", $"namespace Goldens.{name};", StringComparison.Ordinal);
        if (IsUpdating)
        {
            File.WriteAllText(path, expected);
        }

        Assert.True(File.Exists(path), $"{path} is missing: run with FOVEA_UPDATE_DECLARATIONS=1, and add the model to GoldenModel.");
        Assert.Equal(expected, File.ReadAllText(path));
    }
}
