using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <summary>
    /// Logits of one task of the focal loss, roughly: small enough to spread, large enough to outweigh the start of a task.
    /// </summary>
    private const int FocalChunk = 1 << 15;

    /// <inheritdoc cref="Backends.IBackend.FocalLoss"/>
    public void FocalLoss(FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits)
    {
        RequireRows(logits, matches, rule.Classes, nameof(logits));
        RequireRows(dlogits, matches, rule.Classes, nameof(dlogits));
        switch (rule.Gamma)
        {
            case 0:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, default(NoFocusing));
                break;
            case 1:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, default(LinearFocusing));
                break;
            case 2:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, default(SquareFocusing));
                break;
            default:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, new PowerFocusing(rule.Gamma));
                break;
        }
    }

    private void FocalLoss<TFocusing>(
        FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits, TFocusing focusing)
        where TFocusing : struct, IFocusing
    {
        var chunkLength = Math.Max(1, FocalChunk / rule.Classes);
        var chunks = (matches.Anchors + chunkLength - 1) / chunkLength;
        var tasks = matches.Images * chunks;
        var partial = (double*)context.SharedWorkspace(2L * tasks);
        var operands = new FocalJob<TFocusing>.Operands
        {
            Logits = context.Pointer(logits),
            Gradients = context.Pointer(dlogits),
            Matches = (int*)context.At(matches.Offset),
            Classes = (int*)context.At(truth.Classes),
            Weights = context.At(truth.LossWeights),
            Capacity = truth.Capacity,
            Anchors = matches.Anchors,
            ChunkLength = chunkLength,
            Chunks = chunks,
            Rule = rule,
            Partial = partial,
        };
        var job = new FocalJob<TFocusing>(operands, focusing);
        context.Pool.Run(tasks, ref job);
        *context.At(loss.Offset) = SumInOrder(partial, tasks);
    }
}
