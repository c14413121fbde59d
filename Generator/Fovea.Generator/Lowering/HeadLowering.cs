using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

/// <summary>
/// The two heads: a tower of 3×3 convolutions with ReLU (and perhaps a group norm, then without bias) and a last 3×3 convolution, with the
/// same parameters on every level. The logits [N, H, W, A·K] are [N, H·W·A, K] as they lie. Source:
/// torchvision/models/detection/retinanet.py.
/// </summary>
internal sealed class HeadLowering(ModelGraph graph, HeadSpec spec, int firstLevel)
{
    /// <summary>Appends both heads on every level: all of classification, then all of regression.</summary>
    public void Lower(List<Value> pyramid, int anchorsPerCell, int classes)
    {
        var prior = -Math.Log((1 - spec.Prior) / spec.Prior);
        var logits = Head("Classification", "classification_head", "cls_logits", "Logits", pyramid, anchorsPerCell * classes, prior);
        var deltas = Head("Regression", "regression_head", "bbox_reg", "Deltas", pyramid, anchorsPerCell * 4, 0);
        for (var i = 0; i < pyramid.Count; i++)
        {
            logits[i].Tap = $"cls_logits.P{firstLevel + i}";
            deltas[i].Tap = $"bbox_regression.P{firstLevel + i}";
            graph.Levels.Add(new(firstLevel + i, logits[i], deltas[i]));
        }
    }

    private List<Value> Head(string name, string key, string last, string role, List<Value> pyramid, int outChannels, double bias)
    {
        var outputs = new List<Value>();
        Block? owner = null;
        var tower = new List<(ConvWeights Conv, NormWeights? Norm)>();
        ConvWeights? final = null;
        for (var i = 0; i < pyramid.Count; i++)
        {
            var title = $"{spec.Depth} × 3×3 of {spec.Width}, then {outChannels}";
            var block = new Block($"{name.ToLowerInvariant()}.P{firstLevel + i}", name + "Head", title, owner) { Stage = "heads" };
            var write = new BlockWriter(graph, block);
            if (owner is null)
            {
                owner = block;
                tower = Tower(write, $"head.{key}.conv.", pyramid[0].Shape.Channels);
                var inChannels = spec.Depth == 0 ? pyramid[0].Shape.Channels : spec.Width;
                final = write.ConvWeights(
                    $"head.{key}.{last}", role, inChannels, outChannels, 3,
                    hasBias: true, initializer: ConvInitializer.Normal001, initialBias: bias);
            }

            var x = write.Import(pyramid[i], "Input");
            for (var j = 0; j < tower.Count; j++)
            {
                var (conv, norm) = tower[j];
                x = write.Conv(x, conv, $"Hidden{j + 1}Conv");
                x = norm is null ? x : write.Norm(x, norm, $"Hidden{j + 1}Norm");
                x = write.Relu(x, $"Hidden{j + 1}");
            }

            outputs.Add(write.Conv(x, final!, role));
        }

        return outputs;
    }

    private List<(ConvWeights Conv, NormWeights? Norm)> Tower(BlockWriter write, string key, int inChannels)
    {
        var tower = new List<(ConvWeights, NormWeights?)>();
        var normed = spec.Norm == NormKind.GroupNorm;
        for (var j = 0; j < spec.Depth; j++)
        {
            var conv = write.ConvWeights(
                $"{key}{j}.0", $"Conv{j + 1}", j == 0 ? inChannels : spec.Width, spec.Width, 3,
                hasBias: !normed, initializer: ConvInitializer.Normal001);
            var norm = normed ? write.NormWeights($"{key}{j}.1", $"Norm{j + 1}", spec.Norm, spec.Width, spec.Groups, 1e-5f, 0) : null;
            tower.Add((conv, norm));
        }

        return tower;
    }
}
