namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>Batch normalisation with batch statistics: y = γ·x̂ + β; keeps mean and 1/√(σ² + ε) in stats and updates the running ones (unbiased variance). y may be x.</summary>
    void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, BatchNorm(x)).</summary>
    void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, BatchNorm(x) + residual); y may be residual.</summary>
    void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y);

    /// <summary>dγ = Σ dy·x̂, dβ = Σ dy, dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)); dx may be dy.</summary>
    void BatchNormBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx);

    /// <summary>As <see cref="BatchNormBackward"/> with dy·[y &gt; 0] in place of dy; dx may be dy.</summary>
    void BatchNormReluBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx);

    /// <summary>
    /// Group normalisation over (H, W, C/groups) of each image and level; stats hold N·groups means and reciprocal deviations of each level.
    /// </summary>
    void GroupNorm(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y);

    /// <summary>y = max(0, GroupNorm(x)).</summary>
    void GroupNormRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y);

    /// <summary>y = max(0, GroupNorm(x) + residual); y may be residual.</summary>
    void GroupNormAddRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y);

    /// <summary>Gradients of <see cref="GroupNorm"/>; dγ and dβ are added up from the coarsest level to the finest. dx may be dy.</summary>
    void GroupNormBackward(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap dy, in NormGradients d, PyramidMap dx);

    /// <summary>As <see cref="GroupNormBackward"/> with dy·[y &gt; 0] in place of dy; dx may be dy.</summary>
    void GroupNormReluBackward(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx);
}
