using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.Matching;
using Fovea.Ops.PostProcessing;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.SelectCandidates"/>
    public void SelectCandidates(
        PyramidMap logits, PyramidMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates)
    {
        AnchorRows.Require(logits, anchors, candidates.Images, rule.Classes, nameof(logits));
        AnchorRows.Require(deltas, anchors, candidates.Images, 4, nameof(deltas));
        ArgumentOutOfRangeException.ThrowIfLessThan(rule.TopK, 1, nameof(rule));
        var levels = default(PerLevel<SelectionWork>);
        var length = 0L;
        for (var level = 0; level < anchors.Levels; level++)
        {
            levels[level] = new SelectionWork(
                context.Pointer(logits[level]), (BoxDeltas*)context.Pointer(deltas[level]), (Box*)context.At(anchors[level].Offset),
                anchors[level].Count, candidates.Images, rule);
            length += levels[level].SharedLength;
        }

        var shared = context.SharedWorkspace(length);
        var scan = default(PyramidJob<SelectionWork.ScanJob>);
        for (var level = 0; level < anchors.Levels; level++)
        {
            levels[level].PlaceAt(shared);
            shared += levels[level].SharedLength;
            scan.Add(new SelectionWork.ScanJob(levels[level]));
        }

        scan.Run(context.Pool);
        var decode = new SelectionDecodeJob(context, levels, anchors.Levels, candidates);
        context.Pool.Run(candidates.Images, ref decode);
    }

    /// <inheritdoc cref="IBackend.SuppressNonMaxima"/>
    public void SuppressNonMaxima(CandidateMap candidates, in PostProcessingRule rule, DetectionMap detections)
    {
        if (candidates.Images != detections.Images)
        {
            throw new ArgumentException(
                $"Candidates of {candidates.Images} images, but room for detections of {detections.Images}.", nameof(detections));
        }

        context.ReserveWorkspaces(SuppressionJob.WorkspaceLength(candidates, detections, rule));
        var job = new SuppressionJob(context, candidates, detections, rule);
        context.Pool.Run(candidates.Images, ref job);
    }
}
