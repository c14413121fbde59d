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
                FocalLoss(logits, matches, truth, rule, loss, dlogits, Curve(rule, default(NoFocusing)));
                break;
            case 1:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, Curve(rule, default(LinearFocusing)));
                break;
            case 2:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, Curve(rule, default(SquareFocusing)));
                break;
            default:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, Curve(rule, new PowerFocusing(rule.Gamma)));
                break;
        }
    }

    private static FocalCurve<TFocusing> Curve<TFocusing>(in FocalRule rule, TFocusing focusing)
        where TFocusing : struct, IFocusing => new(rule.Gamma, focusing);

    private void FocalLoss<TCurve>(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, PyramidMap dlogits, TCurve curve)
        where TCurve : struct, ILossCurve
    {
        var chunkLength = Math.Max(1, FocalChunk / rule.Classes);
        var partial = new LossSums(context, matches, truth, chunkLength);
        var jobs = default(PyramidJob<FocalJob<TCurve>>);
        for (var level = 0; level < matches.Levels; level++)
        {
            var operands = new FocalJob<TCurve>.Operands
            {
                Logits = context.Pointer(logits[level]),
                Gradients = context.Pointer(dlogits[level]),
                Classes = (int*)context.At(truth.Classes),
                Rule = rule,
                Tasks = partial.Of(level),
            };
            jobs.Add(new FocalJob<TCurve>(operands, curve));
        }

        jobs.Run(context.Pool);
        partial.Add(context.At(loss.Offset));
    }
}
