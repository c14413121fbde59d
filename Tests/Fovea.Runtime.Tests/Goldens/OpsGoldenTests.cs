using System.Globalization;
using System.Text.RegularExpressions;

namespace Fovea.Tests.Goldens;

/// <summary>
/// Every single layer of the goldens through the CPU backend: values, gradients with respect to input and parameters, running statistics.
/// </summary>
[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public partial class OpsGoldenTests
{
    [SkippableTheory]
    [GoldenData(GoldenKinds.Ops)]
    public void Layers_are_torchs(GoldenEntry entry)
    {
        var layers = entry.Require().Tensors().GroupBy(t => t.Key.Split('.')[0]).ToList();
        var words = entry.Params.GetProperty("cases").EnumerateArray()
            .ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("op").GetString()!);
        foreach (var name in words.Keys)
        {
            Assert.True(layers.Any(l => l.Key == name), $"{entry.Id}: the meta file names case {name}, but no tensor belongs to it.");
        }

        foreach (var layer in layers)
        {
            var tensors = layer.ToDictionary(t => t.Key[(layer.Key.Length + 1)..], t => t.Value);
            var check = new OpsGoldenLayer(entry, layer.Key, tensors, words.GetValueOrDefault(layer.Key, ""));
            Dispatch(check);
            Assert.True(check.Unused.Count == 0, $"{entry.Id} {layer.Key}: nothing accounts for {string.Join(", ", check.Unused)}.");
        }
    }

    private static void Dispatch(OpsGoldenLayer layer)
    {
        var words = layer.Words;
        if (words.StartsWith("conv2d", StringComparison.Ordinal))
        {
            layer.Conv(
                kernel: Number(words, KernelPattern(), 1),
                stride: Number(words, StridePattern(), 1),
                padding: Number(words, PaddingPattern(), 0),
                groups: Number(words, GroupsPattern(), 1));
        }
        else if (words.StartsWith("max_pool2d k3 s2 p1", StringComparison.Ordinal))
        {
            layer.MaxPool();
        }
        else if (words.StartsWith("FrozenBatchNorm2d", StringComparison.Ordinal))
        {
            layer.FrozenBatchNorm("mean", "var");
        }
        else if (words.StartsWith("BatchNorm2d train-mode", StringComparison.Ordinal))
        {
            layer.BatchNorm();
        }
        else if (words.StartsWith("GroupNorm", StringComparison.Ordinal))
        {
            layer.GroupNorm(Number(words, GroupNormPattern(), 0));
        }
        else if (words.StartsWith("nearest interpolate", StringComparison.Ordinal))
        {
            layer.Upsample();
        }
        else if (layer.Has("running_mean_before"))
        {
            layer.BatchNormModule();
        }
        else if (layer.Has("running_mean"))
        {
            layer.FrozenBatchNorm("running_mean", "running_var");
        }
        else
        {
            Assert.Fail($"{layer.Name}: no operator is known for '{words}'; add it to OpsGoldenTests.");
        }
    }

    private static int Number(string words, Regex pattern, int otherwise) =>
        pattern.Match(words) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : otherwise;

    [GeneratedRegex(@"\bk(\d+)")]
    private static partial Regex KernelPattern();

    [GeneratedRegex(@"\bs(\d+)")]
    private static partial Regex StridePattern();

    [GeneratedRegex(@"\bp(\d+)")]
    private static partial Regex PaddingPattern();

    [GeneratedRegex(@"\bgroups=(\d+)")]
    private static partial Regex GroupsPattern();

    [GeneratedRegex(@"GroupNorm\((\d+)")]
    private static partial Regex GroupNormPattern();
}
