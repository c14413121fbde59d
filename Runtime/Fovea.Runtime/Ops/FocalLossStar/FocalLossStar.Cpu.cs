using Fovea.CompilerServices;
using Fovea.Ops.FocalLossStar;
using Fovea.Ops.Matching;

namespace Fovea.Ops;

internal readonly partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.FocalLossStar"/>
    public void FocalLossStar(
        PyramidMap logits, MatchMap matches, GroundTruthMap truth, in FocalStarRule rule, LossTerm loss, PyramidMap dlogits)
    {
        AnchorRows.RequireLoss(logits, dlogits, matches, rule.Classes, loss);

        // FL* has no α: of the focal rule only K and the weight are read.
        var weights = new FocalRule(Alpha: -1, rule.Gamma, rule.Classes, rule.Weight);
        FocalLoss(logits, matches, truth, weights, loss, dlogits, new StarCurve(rule.Gamma, rule.Beta));
    }
}
