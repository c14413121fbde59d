using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.PostProcessing;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.ClearCandidates"/>
    public void ClearCandidates(CandidateMap candidates) => new Span<int>(context.At(candidates.Counts), candidates.Images).Clear();

    /// <inheritdoc cref="Backends.IBackend.SelectCandidates"/>
    public void SelectCandidates(
        FeatureMap logits, FeatureMap deltas, AnchorMap anchors, in PostProcessingRule rule, CandidateMap candidates)
    {
        Check(logits, anchors, rule.Classes, candidates.Images, nameof(logits));
        Check(deltas, anchors, 4, candidates.Images, nameof(deltas));
        ArgumentOutOfRangeException.ThrowIfLessThan(rule.TopK, 1, nameof(rule));
        var length = checked(anchors.Count * rule.Classes);
        var bounded = rule with { TopK = Math.Min(rule.TopK, length) };
        var chunks = (length + SelectionWork.ChunkLength - 1) / SelectionWork.ChunkLength;
        var keys = 2 * (candidates.Images * (chunks + 1L) * TopScores.Places(bounded.TopK));
        var shared = context.SharedWorkspace(keys + candidates.Images * chunks);
        var work = new SelectionWork
        {
            Logits = context.Pointer(logits),
            Deltas = (BoxDeltas*)context.Pointer(deltas),
            Anchors = (Box*)context.At(anchors.Offset),
            AnchorCount = anchors.Count,
            Length = length,
            Chunks = chunks,
            Arena = context.At(0),
            Candidates = candidates,
            Rule = bounded,
            Keys = (ulong*)shared,
            Found = (int*)(shared + keys),
        };
        var scan = new SelectionWork.ScanJob(work);
        context.Pool.Run(candidates.Images * chunks, ref scan);
        var decode = new SelectionWork.DecodeJob(work);
        context.Pool.Run(candidates.Images, ref decode);
    }

    /// <inheritdoc cref="Backends.IBackend.SuppressNonMaxima"/>
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

    /// <summary>Fails unless the map is [N, anchors, width].</summary>
    private static void Check(FeatureMap map, AnchorMap anchors, int width, int images, string name)
    {
        if (map.Images != images || (long)map.Height * map.Width * map.Channels != (long)anchors.Count * width)
        {
            throw new ArgumentException($"{name} is {map}, expected {images} images of {anchors.Count} anchors × {width}.", name);
        }
    }
}
