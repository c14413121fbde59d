using System.Text.Json;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Lowering;

namespace Fovea.Generator.Tests.Lowering;

// Inside, so that the compiler's own enums win over those of Definitions.
using Fovea.Generator.Spec;

[Trait("Needs", "Goldens")]
public sealed class StateDictTests
{
    [SkippableTheory]
    [InlineData("retinanet_resnet50_fpn(", 91, "v1-bn")]
    [InlineData("retinanet_resnet50_fpn_v2(", 91, "v2")]
    [InlineData("RetinaNet(resnet_fpn_backbone('resnet50'", 91, "v1-frozen")]
    [InlineData("RetinaNet(resnet_fpn_backbone('resnet18'", 5, "r18")]
    public void Parameters_have_torchvisions_keys_shapes_order_and_count(string listing, int classes, string model)
    {
        var expected = Listing(listing, out var count);
        var graph = NetworkLowering.Lower(model switch
        {
            "v1-bn" => Specs.ResNet(50, classes, NormKind.BatchNorm),
            "v2" => Specs.V2(classes),
            "v1-frozen" => Specs.ResNet(50, classes),
            _ => Specs.ResNet(18, classes),
        }, HeadTable.Default.Heads[0].Network);

        Assert.Equal(expected, graph.Parameters.SelectMany(Tensors));
        Assert.Equal(count, graph.Parameters.Sum(p => p.Count));
    }

    private static IEnumerable<string> Tensors(Parameter parameter)
    {
        if (parameter is ConvWeights w)
        {
            yield return $"{w.Key}.weight [{w.OutChannels}, {w.GroupChannels}, {w.Kernel}, {w.Kernel}]";
            if (w.HasBias)
            {
                yield return $"{w.Key}.bias [{w.OutChannels}]";
            }
        }
        else if (parameter is NormWeights norm)
        {
            string[] tensors = norm.HasRunningStatistics ? ["weight", "bias", "running_mean", "running_var"] : ["weight", "bias"];
            foreach (var tensor in tensors)
            {
                yield return $"{norm.Key}.{tensor} [{norm.Channels}]";
            }
        }
    }

    private static List<string> Listing(string begins, out long parameters)
    {
        var path = Path.Combine(Goldens(), "state_dict_keys.json");
        Skip.IfNot(File.Exists(path), $"{path} is not there: set FOVEA_GOLDENS.");
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var listing = document.RootElement.EnumerateObject().Single(p => p.Name.StartsWith(begins, StringComparison.Ordinal)).Value;
        parameters = listing.GetProperty("num_parameters").GetInt64();
        return listing.GetProperty("entries").EnumerateArray()
            .Where(e => !e[0].GetString()!.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .Select(e => $"{e[0].GetString()} [{string.Join(", ", e[1].EnumerateArray())}]")
            .ToList();
    }

    private static string Goldens()
    {
        if (Environment.GetEnvironmentVariable("FOVEA_GOLDENS") is { Length: > 0 } folder)
        {
            return folder;
        }

        return Path.Combine(Repository.Folder ?? ".", "..", "shared", "goldens");
    }
}
