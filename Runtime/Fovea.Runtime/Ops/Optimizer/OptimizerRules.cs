using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>One step of stochastic gradient descent; formulas and order of operations of torch.optim.SGD.</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Momentum">μ; 0 for none.</param>
/// <param name="WeightDecay">λ, added to the gradient as λ·p.</param>
/// <param name="Nesterov">p −= η·(g + μ·buffer) instead of η·buffer.</param>
/// <param name="First">Whether this is the first step: the buffer becomes g instead of μ·buffer + g.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct SgdRule(float LearningRate, float Momentum, float WeightDecay, bool Nesterov, bool First);

/// <summary>One step of Adam; formulas and order of operations of torch.optim.Adam and AdamW.</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="WeightDecay">λ.</param>
/// <param name="Decoupled">AdamW: p ← p·(1 − η·λ) before the step, instead of λ·p added to the gradient.</param>
/// <param name="AmsGrad">Divide by the greatest second moment so far.</param>
/// <param name="Step">1 for the first step.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct AdamRule(
    float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, bool Decoupled, bool AmsGrad, int Step);
