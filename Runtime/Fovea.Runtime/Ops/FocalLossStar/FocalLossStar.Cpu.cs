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
        AnchorRows.Require(logits, matches, rule.Classes, nameof(logits));
        AnchorRows.Require(dlogits, matches, rule.Classes, nameof(dlogits));
        AnchorRows.Require(loss, matches);

        // FL* has no α: of the focal rule only K and the weight are read.
        var weights = new FocalRule(Alpha: -1, rule.Gamma, rule.Classes, rule.Weight);
        FocalLoss(logits, matches, truth, weights, loss, dlogits, new StarCurve(rule.Gamma, rule.Beta));
    }
}
