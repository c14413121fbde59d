using Fovea.CompilerServices;
using Fovea.Cpu;
using Fovea.Ops.FocalLoss;
using Fovea.Ops.Matching;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <summary>
    /// Logits of one task of the focal loss, roughly: small enough to spread, large enough to outweigh the start of a task.
    /// </summary>
    private const int FocalChunk = 1 << 15;

    /// <inheritdoc cref="IBackend.FocalLoss"/>
    public void FocalLoss(PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits)
    {
        AnchorRows.RequireLoss(logits, dlogits, matches, rule.Classes, loss);
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
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits, TFocusing focusing)
        where TFocusing : struct, IFocusing
    {
        var chunkLength = Math.Max(1, FocalChunk / rule.Classes);
        var partial = new LossSums(context, matches, truth, chunkLength);
        var jobs = default(PyramidJob<FocalJob<TFocusing>>);
        for (var level = 0; level < matches.Levels; level++)
        {
            var operands = new FocalJob<TFocusing>.Operands
            {
                Logits = context.Pointer(logits[level]),
                Gradients = context.Pointer(dlogits[level]),
                Classes = (int*)context.At(truth.Classes),
                Rule = rule,
                Tasks = partial.Of(level),
            };
            jobs.Add(new FocalJob<TFocusing>(operands, focusing));
        }

        jobs.Run(context.Pool);
        partial.Add(context.At(loss.Offset));
    }
}
