using System.Runtime.InteropServices;
using Fovea.Cuda;
using Fovea.Detection;
using Fovea.Ops.Matching;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <summary>Threads of a block, each with one anchor.</summary>
    private const int MatchingThreads = 256;

    /// <inheritdoc cref="Backends.IBackend.MatchAnchors"/>
    /// <remarks>An image's count of truths is read on the device alone; one beyond the capacity is taken as the capacity.</remarks>
    public void MatchAnchors(ReadOnlySpan<AnchorMap> anchors, GroundTruthMap truth, in MatchingRule rule, ReadOnlySpan<MatchMap> matches)
    {
        RequireLevels(anchors, truth, rule, matches);
        var maxima = default(DevicePointer<int>);
        if (rule.AllowLowQuality)
        {
            maxima = FindMaxima(anchors, truth);
        }

        var foreground = context.Ints(truth.Foreground);
        context.Driver.Fill(foreground.Address, 0, truth.Images, context.Stream);
        for (var level = 0; level < anchors.Length; level++)
        {
            context.Kernels.AssignAnchors.Launch(
                ImagesOfAnchors(anchors[level].Count, truth.Images), context.Floats(anchors[level].Offset), anchors[level].Count,
                context.Floats(truth.Boxes), context.Ints(truth.Counts), truth.Capacity, maxima, rule.AllowLowQuality ? 1 : 0,
                rule.SkipUncovered ? 1 : 0, rule.ForegroundIoU, rule.BackgroundIoU, context.Ints(matches[level].Offset), foreground);
        }

        var running = rule.Normalizer == LossNormalizer.RunningForeground
            ? CudaContext.Offset(context.Model.Statistics, rule.NormalizerState)
            : default;
        context.Kernels.LossWeights.Launch(
            context.Shape(1, MatchingThreads), foreground, truth.Images, running, context.Floats(truth.LossWeights));
    }

    private static void RequireLevels(
        ReadOnlySpan<AnchorMap> anchors, GroundTruthMap truth, in MatchingRule rule, ReadOnlySpan<MatchMap> matches)
    {
        if (anchors.Length != matches.Length)
        {
            throw new ArgumentException($"{anchors.Length} levels of anchors, but {matches.Length} of matches.", nameof(matches));
        }

        for (var i = 0; i < anchors.Length; i++)
        {
            if (anchors[i].Count != matches[i].Anchors || matches[i].Images != truth.Images)
            {
                throw new ArgumentException(
                    $"Level {i}: matches are [{matches[i].Images}, {matches[i].Anchors}], expected [{truth.Images}, {anchors[i].Count}].",
                    nameof(matches));
            }
        }

        if (rule.Normalizer == LossNormalizer.RunningForeground && rule.NormalizerState < 0)
        {
            throw new ArgumentException(
                "A running normaliser needs its element of the statistics buffer: MatchingRule.NormalizerState is −1.", nameof(rule));
        }
    }

    /// <summary>Each truth's greatest IoU over all levels, in the workspace.</summary>
    private DevicePointer<int> FindMaxima(ReadOnlySpan<AnchorMap> anchors, GroundTruthMap truth)
    {
        var length = (long)truth.Images * truth.Capacity;
        var maxima = new DevicePointer<int>(context.Workspace(length * sizeof(int)));
        context.Driver.Fill(maxima.Address, 0, length, context.Stream);
        foreach (var level in anchors)
        {
            context.Kernels.TruthMaxima.Launch(
                ImagesOfAnchors(level.Count, truth.Images), context.Floats(level.Offset), level.Count, context.Floats(truth.Boxes),
                context.Ints(truth.Counts), truth.Capacity, maxima);
        }

        return maxima;
    }

    /// <summary>A thread for each anchor, a row of blocks for each image.</summary>
    private LaunchShape ImagesOfAnchors(int anchors, int images) =>
        context.Shape(new Dim3((anchors + MatchingThreads - 1) / MatchingThreads, images), MatchingThreads);
}
