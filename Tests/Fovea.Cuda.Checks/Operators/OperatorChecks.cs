namespace Fovea.Cuda.Checks.Operators;

/// <summary>Every check of every operator.</summary>
internal static class OperatorChecks
{
    public static IEnumerable<OperatorCheck> All =>
    [
        .. PointwiseChecks.All,
        .. ConvChecks.All,
        .. ConvChecks.Special,
        .. NormChecks.All,
        .. PyramidChecks.All,
        .. FoldChecks.All,
        .. PassesChecks.All,
        .. PoolChecks.All,
        .. MatchingChecks.All,
        .. FocalLossChecks.All,
        .. FocalLossStarChecks.All,
        .. BoxLossChecks.All,
        .. HardExampleChecks.All,
        .. OptimizerChecks.All,
        .. SelectionChecks.All,
        .. SuppressionChecks.All,
        .. InputChecks.All,
    ];
}
