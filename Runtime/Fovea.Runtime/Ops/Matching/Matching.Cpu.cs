using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Ops.Matching;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.MatchAnchors"/>
    public void MatchAnchors(AnchorMap anchors, GroundTruthMap truth, in MatchingRule rule, MatchMap matches)
    {
        MatchingOperands.Check(anchors, truth, rule, matches);
        CheckCounts(truth);
        var chunks = MatchingWork.CountChunks(anchors);
        var tasks = truth.Images * chunks;
        var maxima = (long)tasks * truth.Capacity;
        var shared = context.SharedWorkspace(maxima + tasks);
        var work = new MatchingWork
        {
            Anchors = anchors,
            Matches = matches,
            Chunks = chunks,
            Arena = context.At(0),
            Truth = truth,
            Rule = rule,
            Maxima = shared,
            Foreground = (int*)(shared + maxima),
        };

        if (rule.AllowLowQuality)
        {
            context.ReserveWorkspaces((long)truth.Capacity * MatchingKernel.Lanes);
            var first = new MatchingWork.MaximaJob(work, context);
            context.Pool.Run(tasks, ref first);
        }

        work.Reduce();
        var second = new MatchingWork.AssignJob(work);
        context.Pool.Run(tasks, ref second);
        Normalize(truth, rule, work.Foreground, chunks);
    }

    private void CheckCounts(GroundTruthMap truth)
    {
        var counts = (int*)context.At(truth.Counts);
        for (var n = 0; n < truth.Images; n++)
        {
            if ((uint)counts[n] > (uint)truth.Capacity)
            {
                throw new ArgumentException(
                    $"Image {n} has {counts[n]} ground truth boxes, expected 0 … {truth.Capacity}, the capacity.", nameof(truth));
            }
        }
    }

    /// <summary>Sums the foreground counts of each image's runs and fills the loss weights.</summary>
    private void Normalize(GroundTruthMap truth, in MatchingRule rule, int* partial, int chunks)
    {
        var foreground = (int*)context.At(truth.Foreground);
        var weights = context.At(truth.LossWeights);
        long total = 0;
        for (var n = 0; n < truth.Images; n++)
        {
            foreground[n] = 0;
            for (var c = 0; c < chunks; c++)
            {
                foreground[n] += partial[n * chunks + c];
            }

            total += foreground[n];
            weights[n] = LossWeighting.PerImage(truth.Images, foreground[n]);
        }

        if (rule.Normalizer == LossNormalizer.RunningForeground)
        {
            var state = context.Model.Statistics.Pointer + rule.NormalizerState;
            *state = LossWeighting.Update(*state, total);
            new Span<float>(weights, truth.Images).Fill(LossWeighting.Running(*state));
        }
    }
}
