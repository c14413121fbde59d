using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Ops.Matching;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <summary>Threads of a block, each with one anchor.</summary>
    private const int MatchingThreads = 256;

    /// <inheritdoc cref="IBackend.MatchAnchors"/>
    /// <remarks>An image's count of truths is read on the device alone; one beyond the capacity is taken as the capacity.</remarks>
    public void MatchAnchors(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches)
    {
        MatchingOperands.Check(anchors, truth, rule, matches);
        var maxima = default(DevicePointer<int>);
        if (rule.AllowLowQuality)
        {
            maxima = FindMaxima(anchors, truth);
        }

        var foreground = context.Ints(truth.Foreground);
        context.Driver.Fill(foreground.Address, 0, truth.Images, context.Stream);
        for (var level = 0; level < anchors.Levels; level++)
        {
            context.Kernels.AssignAnchors.Launch(
                ImagesOfAnchors(anchors[level].Count, truth.Images), context.Floats(anchors[level].Offset), anchors[level].Count,
                context.Floats(truth.Boxes), context.Ints(truth.Classes), context.Ints(truth.Counts), truth.Capacity, maxima,
                rule.AllowLowQuality ? 1 : 0, rule.SkipUncovered ? 1 : 0, rule.ForegroundIoU, rule.BackgroundIoU,
                context.Ints(matches[level].Offset), foreground);
        }

        var running = rule.Normalizer == LossNormalizer.RunningForeground
            ? CudaContext.Offset(context.Model.Statistics, rule.NormalizerState)
            : default;
        context.Kernels.LossWeights.Launch(
            context.Shape(1, MatchingThreads), foreground, truth.Images, running, context.Floats(truth.LossWeights));
    }

    /// <summary>Each truth's greatest IoU over the anchors of all levels, in the workspace.</summary>
    private DevicePointer<int> FindMaxima(AnchorMap anchors, GroundTruthMap truth)
    {
        var length = (long)truth.Images * truth.Capacity;
        var maxima = new DevicePointer<int>(context.Workspace(length * sizeof(int)));
        context.Driver.Fill(maxima.Address, 0, length, context.Stream);
        context.Kernels.TruthMaxima.Launch(
            ImagesOfAnchors(anchors.Count, truth.Images), context.Floats(anchors.Offset), anchors.Count, context.Floats(truth.Boxes),
            context.Ints(truth.Classes), context.Ints(truth.Counts), truth.Capacity, maxima);
        return maxima;
    }

    /// <summary>A thread for each anchor, a row of blocks for each image.</summary>
    private LaunchShape ImagesOfAnchors(int anchors, int images) =>
        context.Shape(new Dim3((anchors + MatchingThreads - 1) / MatchingThreads, images), MatchingThreads);
}
