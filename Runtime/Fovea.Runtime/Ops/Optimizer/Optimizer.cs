namespace Fovea.CompilerServices;

public partial interface IBackend
{
    /// <summary>√Σ g² over the gradient buffer's run, accumulated in double with a fixed tree.</summary>
    double GradientNorm(ParameterRange range);

    /// <summary>g ← g·factor.</summary>
    void ScaleGradients(ParameterRange range, float factor);

    /// <summary>One step of stochastic gradient descent (torch.optim.SGD).</summary>
    void SgdStep(ParameterRange range, in SgdRule rule);

    /// <summary>One step of Adam, AdamW or AMSGrad (torch.optim.Adam, AdamW).</summary>
    void AdamStep(ParameterRange range, in AdamRule rule);
}
