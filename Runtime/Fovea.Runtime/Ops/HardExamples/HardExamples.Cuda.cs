using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Detection;
using Fovea.Ops.HardExamples;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <summary>Threads of the block that chooses one image's examples.</summary>
    private const int ChoiceThreads = 1024;

    /// <inheritdoc cref="IBackend.SelectHardExamples"/>
    public void SelectHardExamples(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in HardExampleRule rule,
        in BoxLossRule boxLoss, MatchMap selected)
    {
        HardExampleOperands.Check(logits, deltas, anchors, matches, truth, rule, selected);
        var count = anchors.Count;
        var length = (long)truth.Images * count;
        var workspace = context.Workspace((length * (sizeof(long) + sizeof(int))) + (truth.Images * sizeof(int)));
        var keys = new DevicePointer<long>(workspace);

        // Box losses are no more wanted when the states of the same places are written.
        var shared = workspace + (length * sizeof(long));
        var foreground = new DevicePointer<int>(shared + (length * sizeof(int)));
        var before = 0;
        for (var level = 0; level < anchors.Levels; level++)
        {
            var (map, at) = (matches[level], anchors[level]);
            var shape = ImagesOfAnchors(map.Anchors, map.Images);
            context.Kernels.AnchorBoxLosses.Launch(
                shape, context.Values(deltas[level]), context.Floats(at.Offset), context.Ints(map.Offset), context.Floats(truth.Boxes),
                map.Anchors, truth.Capacity, (int)boxLoss.Kind, boxLoss.Beta, boxLoss.Weight, before, count, new(shared));
            context.Kernels.HardExampleKeys.Launch(
                shape, context.Values(logits[level]), context.Ints(map.Offset), context.Ints(truth.Classes), new(shared), map.Anchors,
                truth.Capacity, rule.Classes, before, count, keys);
            before += map.Anchors;
        }

        context.Kernels.ChooseHardExamples.Launch(
            context.Shape(truth.Images, ChoiceThreads), context.Floats(anchors.Offset), context.Ints(matches.Offset), keys, new(shared),
            truth.Images, anchors.Height, anchors.Width, anchors.PerCell, anchors.Levels, count, ScoreOrder.Meant(rule.NmsIoU),
            rule.BatchSize, rule.PositiveRatio, context.Ints(selected.Offset), foreground);
        context.Kernels.LossWeights.Launch(
            context.Shape(1, MatchingThreads), foreground, truth.Images, default, context.Floats(truth.LossWeights));
    }
}
