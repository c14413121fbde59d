namespace Fovea;

/// <summary>The rule that moves the parameters. Formulas and order of operations are torch's.</summary>
public abstract record OptimizerOptions
{
    /// <summary>η, before schedule and groups.</summary>
    public double LearningRate { get; init; }

    /// <summary>λ ≥ 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Buffers of the parameters' size that the rule keeps.</summary>
    internal abstract int Moments { get; }

    /// <summary>Refuses values that cannot train.</summary>
    internal virtual void Validate()
    {
        Check(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "greater than 0");
        Check(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "0 or more");
    }

    private protected static void Check(bool ok, string field, double found, string expected)
    {
        if (!ok)
        {
            throw new ArgumentException(FormattableString.Invariant($"Optimizer.{field} is {found}: expected {expected}."));
        }
    }
}

/// <summary>Stochastic gradient descent with momentum (torch.optim.SGD).</summary>
public sealed record Sgd : OptimizerOptions
{
    /// <summary>torchvision's detection recipe: η 0.01, μ 0.9, λ 1e-4.</summary>
    public Sgd() => (LearningRate, WeightDecay) = (0.01, 1e-4);

    /// <summary>μ in [0, 1).</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Look ahead: p −= η·(g + μ·buffer).</summary>
    public bool Nesterov { get; init; }

    internal override int Moments => Momentum > 0 ? 1 : 0;

    internal override void Validate()
    {
        base.Validate();
        Check(Momentum is >= 0 and < 1, nameof(Momentum), Momentum, "at least 0 and below 1");
        Check(!Nesterov || Momentum > 0, nameof(Momentum), Momentum, "greater than 0 with Nesterov");
    }
}

/// <summary>Adam; λ is added to the gradient as λ·p (torch.optim.Adam).</summary>
public record Adam : OptimizerOptions
{
    /// <summary>η 1e-3, no weight decay.</summary>
    public Adam() => (LearningRate, WeightDecay) = (1e-3, 0);

    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Divide by the greatest second moment so far.</summary>
    public bool AmsGrad { get; init; }

    internal override int Moments => AmsGrad ? 3 : 2;

    internal virtual bool Decoupled => false;

    internal override void Validate()
    {
        base.Validate();
        Check(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "at least 0 and below 1");
        Check(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "at least 0 and below 1");
        Check(Epsilon > 0, nameof(Epsilon), Epsilon, "greater than 0");
    }
}

/// <summary>Adam with decoupled weight decay, p ← p·(1 − η·λ) before the step (torch.optim.AdamW; Loshchilov, Hutter 2019).</summary>
public sealed record AdamW : Adam
{
    /// <summary>η 1e-3, λ 0.05.</summary>
    public AdamW() => (LearningRate, WeightDecay) = (1e-3, 0.05);

    internal override bool Decoupled => true;
}

/// <summary>Parameters that are trained differently: those whose key starts with a prefix. The first group that fits counts.</summary>
/// <param name="Prefix">For example <c>backbone.body</c> or <c>head.classification_head.cls_logits</c>.</param>
public sealed record ParameterGroup(string Prefix)
{
    /// <summary>Multiplies η.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>λ in place of the optimiser's; null keeps it.</summary>
    public double? WeightDecay { get; init; }
}
