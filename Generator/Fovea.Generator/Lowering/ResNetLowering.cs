using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Lowering;

/// <summary>
/// The backbone: torchvision's ResNet v1.5 (stride in the 3×3 of the bottleneck and in the projection) and ResNeXt, without the classifier.
/// Source: torchvision/models/resnet.py. Stages that no pyramid level needs do not exist.
/// </summary>
internal sealed class ResNetLowering(ModelGraph graph, BackboneSpec spec, CancellationToken cancellation)
{
    private const string Body = "backbone.body.";

    private int Expansion => spec.Block == BlockKind.Bottleneck ? 4 : 1;

    /// <summary>Returns C2, C3, … up to the last level asked for.</summary>
    /// <param name="lastLevel">2 to 5.</param>
    public List<Value> Lower(int lastLevel)
    {
        var x = Stem();
        var levels = new List<Value>();
        for (var stage = 1; stage < lastLevel; stage++)
        {
            for (var index = 0; index < spec.StageBlocks[stage - 1]; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                x = Residual(x, stage, index);
                x.Taps.Add(new($"layer{stage}.{index}"));
            }

            x.Taps.Add(new($"C{stage + 1}"));
            levels.Add(x);
        }

        return levels;
    }

    private Value Stem()
    {
        var block = new Block("stem", "Stem", $"7×7/2 convolution to {spec.BaseWidth}, 3×3/2 maximum") { Stage = "stem" };
        var write = new BlockWriter(graph, block, spec.FrozenStages > 0);
        var input = new Value("input", ValueKind.Input, new(0, 3), block, "Input");
        graph.Sources.Add(input);
        var conv = write.DeclareConv(Body + "conv1", "Conv1", 3, spec.BaseWidth, 7, stride: 2);
        var norm = Norm(write, Body + "bn1", "Norm1", spec.BaseWidth);
        var x = write.Norm(write.Conv(input, conv, "Convolved"), norm, "Normed");
        x = write.MaxPool(write.Activate(x, "Activated"), "Output");
        x.Taps.Add(new("stem"));
        return x;
    }

    private Value Residual(Value x, int stage, int index)
    {
        var planes = spec.BaseWidth << (stage - 1);
        var stride = stage > 1 && index == 0 ? 2 : 1;
        var outChannels = planes * Expansion;
        var projected = stride != 1 || x.Shape.Channels != outChannels;
        var name = $"layer{stage}.{index}";
        var bottleneck = spec.Block == BlockKind.Bottleneck;
        var width = bottleneck ? planes * spec.WidthPerGroup / 64 * spec.Groups : planes;
        var kind = (projected ? "Projected" : "") + (bottleneck ? "Bottleneck" : "BasicBlock");
        var block = new Block(name, kind, Title(x.Shape.Channels, width, outChannels)) { Stage = $"layer{stage}" };
        var write = new BlockWriter(graph, block, spec.FrozenStages > stage);
        var key = Body + name + ".";
        write.Import(x, "Input");
        return bottleneck
            ? Bottleneck(write, key, x, width, outChannels, stride, projected)
            : Basic(write, key, x, planes, stride, projected);
    }

    private string Title(int from, int width, int to)
    {
        var groups = spec.Block == BlockKind.Bottleneck && spec.Groups > 1 ? $" in {spec.Groups} groups" : "";
        return spec.Block == BlockKind.Bottleneck ? $"bottleneck {from} → {width} → {to}{groups}" : $"basic block {from} → {to}";
    }

    /// <summary>
    /// The shortcut is computed just before the sum. Backward then ends with conv1, whose data gradient completes the input's: the mask of
    /// the ReLU before it fuses there.
    /// </summary>
    private Value Bottleneck(BlockWriter write, string key, Value x, int width, int outChannels, int stride, bool projected)
    {
        var conv1 = write.DeclareConv(key + "conv1", "Conv1", x.Shape.Channels, width, 1);
        var norm1 = Norm(write, key + "bn1", "Norm1", width);
        var conv2 = write.DeclareConv(key + "conv2", "Conv2", width, width, 3, stride, spec.Groups);
        var norm2 = Norm(write, key + "bn2", "Norm2", width);
        var conv3 = write.DeclareConv(key + "conv3", "Conv3", width, outChannels, 1);
        var norm3 = Norm(write, key + "bn3", "Norm3", outChannels);
        var shortcut = Projection(write, key, x.Shape.Channels, outChannels, stride, projected);

        var y = write.Activate(write.Norm(write.Conv(x, conv1, "ReducedConv"), norm1, "ReducedNorm"), "Reduced");
        y = write.Activate(write.Norm(write.Conv(y, conv2, "SpatialConv"), norm2, "SpatialNorm"), "Spatial");
        var residual = shortcut(x);
        y = write.Norm(write.Conv(y, conv3, "OutputConv"), norm3, "OutputNorm");
        return write.Activate(write.Add(y, residual, "Sum"), "Output");
    }

    private Value Basic(BlockWriter write, string key, Value x, int planes, int stride, bool projected)
    {
        var conv1 = write.DeclareConv(key + "conv1", "Conv1", x.Shape.Channels, planes, 3, stride);
        var norm1 = Norm(write, key + "bn1", "Norm1", planes);
        var conv2 = write.DeclareConv(key + "conv2", "Conv2", planes, planes, 3);
        var norm2 = Norm(write, key + "bn2", "Norm2", planes);
        var shortcut = Projection(write, key, x.Shape.Channels, planes, stride, projected);

        var y = write.Activate(write.Norm(write.Conv(x, conv1, "SpatialConv"), norm1, "SpatialNorm"), "Spatial");
        var residual = shortcut(x);
        y = write.Norm(write.Conv(y, conv2, "OutputConv"), norm2, "OutputNorm");
        return write.Activate(write.Add(y, residual, "Sum"), "Output");
    }

    /// <summary>
    /// Declares the shortcut's parameters (last in state_dict order) and returns what computes it: a strided 1×1 convolution, or nothing.
    /// </summary>
    private Func<Value, Value> Projection(BlockWriter write, string key, int inChannels, int outChannels, int stride, bool projected)
    {
        if (!projected)
        {
            return x => x;
        }

        var conv = write.DeclareConv(key + "downsample.0", "Shortcut", inChannels, outChannels, 1, stride);
        var norm = Norm(write, key + "downsample.1", "ShortcutNorm", outChannels);
        return x => write.Norm(write.Conv(x, conv, "ShortcutConv"), norm, "Shortcut");
    }

    private NormLayer Norm(BlockWriter write, string key, string role, int channels) => write.DeclareNorm(
        key, role, channels,
        new(spec.Norm, spec.Norm == NormKind.GroupNorm ? spec.NormGroups : 0, spec.NormEpsilon, spec.NormMomentum));
}
