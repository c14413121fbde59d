using System.Text.Json;
using Fovea.CompilerServices;
using Fovea.Tests.Goldens;

namespace Fovea.EndToEnd.Goldens;

/// <summary>torchvision's own listings of state dicts: keys, order, shapes, what is learned, and how many numbers that is.</summary>
[Trait("Needs", "Goldens")]
[Collection(GoldenReport.Collection)]
public class StateDictGoldenTests
{
    [SkippableTheory]
    [GoldenData("state_dict listings")]
    public void Every_listing_is_reproduced_key_by_key(GoldenEntry entry)
    {
        entry.Require();
        using var listings = entry.Json();
        foreach (var listing in listings.RootElement.EnumerateObject().Where(l => l.Value.TryGetProperty("entries", out _)))
        {
            var entries = listing.Value.GetProperty("entries").EnumerateArray().ToArray();
            using var detector = CompiledModel.Create(Declaration(listing.Name, entries), "Goldens.Listed");
            CheckKeys(entry, listing.Name, entries, detector.Description);
            CheckCounts(entry, listing.Name, listing.Value, detector.Description);
        }
    }

    /// <summary>The declaration that corresponds to torchvision's constructor call.</summary>
    private static string Declaration(string call, JsonElement[] entries)
    {
        var depth = new[] { 18, 34, 50, 101, 152 }.First(d => call.Contains($"resnet{d}", StringComparison.Ordinal));
        var second = call.Contains("_fpn_v2(", StringComparison.Ordinal);
        var frozen = entries.Any(e => e[3].GetString() == "buffer" && e[0].GetString() == "backbone.body.bn1.weight");
        var frozenStages = entries.First(e => e[0].GetString() == "backbone.body.conv1.weight")[4].GetBoolean() ? 0 : 2;
        var classes = entries.First(e => e[0].GetString() == "head.classification_head.cls_logits.bias")[1][0].GetInt32() / 9;
        return $$"""
            using Fovea;
            namespace Goldens;
            [RetinaNet<Label>(Backbone.ResNet{{depth}}, Preset.{{(second ? "TorchVisionV2" : "TorchVision")}})]
            [Backbone(Norm = Norm.{{(frozen ? "FrozenBatchNorm" : "BatchNorm")}}, FrozenStages = {{frozenStages}})]
            public partial class Listed;
            public enum Label { First = 0, Last = {{classes - 1}} }
            """;
    }

    private static void CheckKeys(GoldenEntry entry, string call, JsonElement[] entries, ModelDescription description)
    {
        var listed = entries.Where(e => !e[0].GetString()!.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToArray();
        GoldenAssert.Exact<string>(
            entry, $"{call}: keys", listed.Select(e => e[0].GetString()!).ToArray(), description.Tensors.Select(t => t.Key).ToArray());
        for (var i = 0; i < listed.Length; i++)
        {
            var tensor = description.Tensors[i];
            var shape = listed[i][1].EnumerateArray().Select(d => d.GetInt32()).ToArray();
            GoldenAssert.Exact<int>(entry, $"{call}: {tensor.Key}", shape, tensor.Shape);
            var learned = listed[i][3].GetString() == "param" && listed[i][4].GetBoolean();
            Assert.True(learned == (tensor.Storage == TensorStorage.Trainable), $"{call}: {tensor.Key} is {tensor.Storage}, torchvision says learned = {learned}.");
        }

        var tracks = entries.Length > listed.Length;
        Assert.True(tracks == description.TracksBatches, $"{call}: TracksBatches is {description.TracksBatches}, the listing says {tracks}.");
    }

    private static void CheckCounts(GoldenEntry entry, string call, JsonElement listing, ModelDescription description)
    {
        var learned = description.Tensors.Where(t => t.Storage == TensorStorage.Trainable).Sum(t => (long)t.Length);
        var parameters = description.Stages.Sum(s => s.Parameters);
        GoldenAssert.Exact<long>(entry, $"{call}: num_trainable", [listing.GetProperty("num_trainable").GetInt64()], [learned]);
        GoldenAssert.Exact<long>(entry, $"{call}: num_parameters", [listing.GetProperty("num_parameters").GetInt64()], [parameters]);
    }
}
