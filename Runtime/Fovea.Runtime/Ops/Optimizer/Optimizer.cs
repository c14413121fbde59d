namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>√Σ g² over the gradient buffer's run, accumulated in double with a fixed tree.</summary>
    double GradientNorm(ParameterRange range);

    /// <summary>g ← g·factor.</summary>
    void ScaleGradients(ParameterRange range, float factor);

    /// <summary>Σ ← Σ + g, the gradients of a step's batches before its last; of the first Σ ← g.</summary>
    void AccumulateGradients(ParameterRange range, bool first);

    /// <summary>g ← (Σ + g)/n, where Σ has n − 1 batches and g is the last one's.</summary>
    void MeanGradients(ParameterRange range, int batches);

    /// <summary>One step of stochastic gradient descent (torch.optim.SGD).</summary>
    void SgdStep(ParameterRange range, in SgdRule rule);

    /// <summary>One step of Adam, AdamW or AMSGrad (torch.optim.Adam, AdamW).</summary>
    void AdamStep(ParameterRange range, in AdamRule rule);

    /// <summary>a ← a + rate·(p − a), the average of the parameters.</summary>
    void AverageParameters(ParameterRange range, float rate);

    /// <summary>a ← a + rate·(s − a), the average of the running statistics.</summary>
    void AverageStatistics(ParameterRange range, float rate);
}
