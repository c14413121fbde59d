using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Detection;
using Fovea.Ops.Matching;
using Fovea.Ops.PostProcessing;

namespace Fovea.Ops;

internal readonly partial struct CudaBackend
{
    /// <summary>Keys that are sorted in shared memory; with what else the kernels keep there they stay below 48 KiB.</summary>
    private const int SharedKeys = 5632;

    /// <inheritdoc cref="IBackend.SelectCandidates"/>
    /// <remarks>Candidates for which there is no room are left out, the worst first: the device cannot complain.</remarks>
    public void SelectCandidates(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates)
    {
        AnchorRows.Require(logits, anchors, candidates.Images, rule.Classes, nameof(logits));
        AnchorRows.Require(deltas, anchors, candidates.Images, 4, nameof(deltas));
        ArgumentOutOfRangeException.ThrowIfLessThan(rule.TopK, 1, nameof(rule));
        context.Driver.Fill(context.Ints(candidates.Counts).Address, 0, candidates.Images, context.Stream);
        for (var level = 0; level < anchors.Levels; level++)
        {
            SelectLevel(logits[level], deltas[level], anchors[level], rule, candidates);
        }
    }

    /// <inheritdoc cref="IBackend.SuppressNonMaxima"/>
    public void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections)
    {
        if (candidates.Images != detections.Images)
        {
            throw new ArgumentException(
                $"Candidates of {candidates.Images} images, but room for detections of {detections.Images}.", nameof(detections));
        }

        var capacity = candidates.Capacity;
        var places = ((long)candidates.Images * capacity + 63) / 64 * 64;
        var words = (capacity + 31) / 32;
        var inShared = capacity <= SharedKeys;
        var boxes = context.Workspace(places * (16 + sizeof(long) + sizeof(int)) + ((long)candidates.Images * words * sizeof(int)));
        var keys = boxes + (places * 16);
        var classes = keys + (places * sizeof(long));
        context.Kernels.SuppressNonMaxima.Launch(
            context.Shape(candidates.Images, BlockFor(capacity), inShared ? (capacity * sizeof(long)) + (words * sizeof(int)) : 0),
            context.Floats(candidates.Boxes), context.Floats(candidates.Scores), context.Ints(candidates.Classes),
            context.Ints(candidates.Counts), capacity, ScoreOrder.Meant(rule.NmsIoU), Math.Min(rule.MaxDetections, detections.Capacity),
            context.Floats(detections.Boxes), context.Floats(detections.Scores), context.Ints(detections.Classes),
            context.Ints(detections.Counts), detections.Capacity, new(boxes), new(classes), new(keys),
            new(classes + (places * sizeof(int))), inShared ? 1 : 0);
    }

    /// <summary>Appends a level's candidates.</summary>
    private void SelectLevel(
        FeatureMap logits, FeatureMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates)
    {
        var length = checked(anchors.Count * rule.Classes);
        var plan = new SelectionPlan(candidates.Images, length, rule);
        var workspace = context.Workspace(plan.Bytes);
        context.Driver.Fill(workspace, 0, plan.ClearedBytes / sizeof(uint), context.Stream);

        var (state, histogram, values) = (SelectionPlan.State(workspace), plan.Histogram(workspace), context.Values(logits));
        var over = ScanShape(length, candidates.Images);
        for (var pass = 0; pass < plan.Passes; pass++)
        {
            var (shift, bits) = plan.Digit(pass);
            context.Kernels.SelectCount.Launch(
                over, values, histogram, state, length, plan.Floor, rule.ScoreThreshold, plan.IndexBits, shift, bits);
            context.Kernels.SelectDigit.Launch(context.Shape(candidates.Images, 256), histogram, state, plan.TopK, shift, bits);
        }

        context.Kernels.SelectGather.Launch(
            over, values, state, plan.Keys(workspace), plan.Found(workspace), plan.TopK, length, plan.Floor, rule.ScoreThreshold,
            plan.IndexBits);
        Append(plan, workspace, deltas, anchors, rule.Classes, candidates);
    }

    /// <summary>Whole warps, about two elements for each thread.</summary>
    private static int BlockFor(int elements) => Math.Clamp((((elements + 1) / 2) + 31) / 32 * 32, 32, 1024);

    private void Append(
        in SelectionPlan plan, DeviceAddress workspace, FeatureMap deltas, AnchorMap anchors, int classes, CandidateMap candidates)
    {
        var inShared = plan.TopK <= SharedKeys;
        context.Kernels.SelectFinish.Launch(
            context.Shape(candidates.Images, BlockFor(plan.TopK), inShared ? plan.TopK * sizeof(long) : 0),
            context.Values(deltas), context.Floats(anchors.Offset), plan.Keys(workspace), plan.Found(workspace), plan.TopK, anchors.Count,
            classes, plan.IndexBits, context.Floats(candidates.Boxes), context.Floats(candidates.Scores), context.Ints(candidates.Classes),
            context.Ints(candidates.Counts), context.Floats(candidates.ImageSizes), candidates.Capacity, inShared ? 1 : 0);
    }

    /// <summary>Blocks along the logits, and images: enough to fill the device, few enough that a block's histogram pays.</summary>
    private LaunchShape ScanShape(int length, int images)
    {
        var blocks = Math.Clamp((length + 8191) / 8192, 1, Math.Max(1, context.Device.Multiprocessors * 8 / images));
        return context.Shape(new Dim3(blocks, images), 256);
    }
}
