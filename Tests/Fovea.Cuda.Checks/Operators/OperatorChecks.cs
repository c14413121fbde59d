namespace Fovea.Cuda.Checks.Operators;

/// <summary>Every check of every operator.</summary>
internal static class OperatorChecks
{
    public static IEnumerable<OperatorCheck> All => [.. PointwiseChecks.All, .. NormChecks.All, .. FoldChecks.All, .. PoolChecks.All];
}
