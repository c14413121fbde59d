using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

/// <summary>
/// The feature pyramid (arXiv:1612.03144): lateral 1×1 convolutions, a nearest top-down path, a 3×3 convolution on each level; P6 and P7
/// are strided convolutions on top. Source: torchvision/ops/feature_pyramid_network.py, LastLevelP6P7.
/// </summary>
internal sealed class PyramidLowering(ModelGraph graph, PyramidSpec spec)
{
    private const string Fpn = "backbone.fpn.";

    private int TopLevel => Math.Min(spec.MaxLevel, 5);

    /// <summary>Returns P(MinLevel) … P(MaxLevel) as one value.</summary>
    /// <param name="backbone">C2, C3, ….</param>
    public Value Lower(List<Value> backbone)
    {
        var levels = new Value[spec.Levels];
        Value? above = null;
        foreach (var level in Enumerable.Range(spec.MinLevel, TopLevel - spec.MinLevel + 1).Reverse())
        {
            (levels[level - spec.MinLevel], above) = Lateral(level, backbone[level - 2], above);
        }

        if (spec.MaxLevel >= 6)
        {
            var source = spec.P6From == P6Source.C5 ? backbone[5 - 2] : levels[5 - spec.MinLevel];
            levels[6 - spec.MinLevel] = Extra(6, source);
        }

        if (spec.MaxLevel >= 7)
        {
            levels[7 - spec.MinLevel] = Extra(7, levels[6 - spec.MinLevel]);
        }

        Reorder();
        return levels.Length == 1 ? levels[0] : Join(levels);
    }

    private (Value Output, Value Merged) Lateral(int level, Value c, Value? above)
    {
        var index = level - spec.MinLevel;
        var title = $"C{level} {c.Shape.Channels} → {spec.Channels}";
        var block = new Block($"fpn.P{level}", above is null ? "TopLateral" : "Lateral", title) { Stage = "fpn" };
        var write = new BlockWriter(graph, block);
        write.Import(c, "Input");
        var inner = Weights(write, $"inner_blocks.{index}.0", "Inner", c.Shape.Channels, kernel: 1);
        var layer = Weights(write, $"layer_blocks.{index}.0", "Layer", spec.Channels, kernel: 3);
        var merged = write.Conv(c, inner, above is null ? "Merged" : "Lateral");
        if (above is not null)
        {
            write.Import(above, "Above");
            merged = write.Add(merged, write.Upsample(above, merged, "Upsampled"), "Merged");
        }

        var output = write.Conv(merged, layer, "Output");
        output.Taps.Add(new($"P{level}"));
        return (output, merged);
    }

    private Value Join(Value[] levels)
    {
        var title = $"P{spec.MinLevel} … P{spec.MaxLevel}, one behind the other";
        var write = new BlockWriter(graph, new Block("pyramid", "Pyramid", title) { Stage = "fpn" });
        for (var i = 0; i < levels.Length; i++)
        {
            write.Import(levels[i], $"P{spec.MinLevel + i}");
        }

        return write.JoinLevels(levels, "Levels");
    }

    /// <summary>P6 = conv(P5 or C5), P7 = conv(relu(P6)).</summary>
    private Value Extra(int level, Value x)
    {
        var title = $"3×3/2 {x.Shape.Channels} → {spec.Channels}";
        var block = new Block($"P{level}", level == 6 ? "ExtraLevel" : "RectifiedExtraLevel", title) { Stage = "fpn" };
        var write = new BlockWriter(graph, block);
        write.Import(x, "Input");
        var conv = Weights(write, $"extra_blocks.p{level}", "Conv", x.Shape.Channels, kernel: 3, stride: 2);
        var output = write.Conv(level == 6 ? x : write.Relu(x, "Rectified"), conv, "Output");
        output.Taps.Add(new($"P{level}"));
        return output;
    }

    private ConvLayer Weights(BlockWriter write, string key, string role, int inChannels, int kernel, int stride = 1) =>
        write.DeclareConv(
            Fpn + key, role, inChannels, spec.Channels, kernel, stride, bias: 0, initializer: ConvInitializer.KaimingUniform);

    /// <summary>Execution goes from the top down, but state_dict has all inner_blocks, then all layer_blocks, finest level first.</summary>
    private void Reorder()
    {
        var fpn = graph.Parameters.Where(p => p.Key.StartsWith(Fpn, StringComparison.Ordinal)).ToList();
        graph.Parameters.RemoveRange(graph.Parameters.Count - fpn.Count, fpn.Count);
        graph.Parameters.AddRange(fpn.OrderBy(Rank));

        static string Rank(Parameter p) =>
            p.Key.Contains("inner_blocks") ? "0" + p.Key : p.Key.Contains("layer_blocks") ? "1" + p.Key : "2" + p.Key;
    }
}
