using Fovea.Detection;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Backends;

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

    /// <summary>Group normalisation over (H, W, C/groups) of each image; stats hold N·groups means and reciprocal deviations.</summary>
    void GroupNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, GroupNorm(x)).</summary>
    void GroupNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y);

    /// <summary>y = max(0, GroupNorm(x) + residual); y may be residual.</summary>
    void GroupNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y);

    /// <summary>Gradients of <see cref="GroupNorm"/>; dx may be dy.</summary>
    void GroupNormBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx);

    /// <summary>As <see cref="GroupNormBackward"/> with dy·[y &gt; 0] in place of dy; dx may be dy.</summary>
    void GroupNormReluBackward(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx);
}
