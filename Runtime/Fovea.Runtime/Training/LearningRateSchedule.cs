namespace Fovea;

/// <summary>
/// How the learning rate changes: a factor of the optimiser's η for each iteration. Warm-up multiplies it and is given apart.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>η stays.</summary>
    public static LearningRateSchedule Constant { get; } = new ConstantSchedule();

    /// <summary>The factor of an iteration.</summary>
    /// <param name="iteration">From 0.</param>
    /// <param name="iterationsPerEpoch">At least 1.</param>
    /// <param name="warmupIterations">Where the schedule proper starts, for those that start after it.</param>
    /// <param name="totalIterations">Of the whole training.</param>
    public abstract double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations);

    /// <summary>Linear warm-up: start + (1 − start)·min(1, iteration / iterations) (torch.optim.lr_scheduler.LinearLR).</summary>
    /// <param name="iteration">From 0.</param>
    /// <param name="iterations">0: none.</param>
    /// <param name="startFactor">The first iteration's factor.</param>
    public static double Warmup(int iteration, int iterations, double startFactor) =>
        iteration >= iterations ? 1 : startFactor + ((1 - startFactor) * iteration / iterations);

    /// <summary>Whether the schedule rises by itself, so that none other is wanted before it.</summary>
    internal virtual bool HasOwnWarmup => false;

    /// <summary>Refuses values that cannot train.</summary>
    internal virtual void Validate()
    {
    }
}

/// <summary>η stays.</summary>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations) => 1;
}

/// <summary>η·γ^⌊epoch / size⌋ (torch.optim.lr_scheduler.StepLR).</summary>
/// <param name="Epochs">Between two steps.</param>
/// <param name="Gamma">γ.</param>
public sealed record StepSchedule(int Epochs, double Gamma = 0.1) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations) =>
        Math.Pow(Gamma, iteration / iterationsPerEpoch / Epochs);

    internal override void Validate()
    {
        if (Epochs < 1)
        {
            throw new ArgumentException($"StepSchedule.Epochs is {Epochs}: expected 1 or more.");
        }
    }
}

/// <summary>η·γ^(milestones passed) (torch.optim.lr_scheduler.MultiStepLR).</summary>
/// <param name="Gamma">γ.</param>
/// <param name="Milestones">Epochs at whose start η falls.</param>
public sealed record MultiStepSchedule(double Gamma, params int[] Milestones) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations)
    {
        var epoch = iteration / iterationsPerEpoch;
        var passed = 0;
        foreach (var milestone in Milestones)
        {
            passed += milestone <= epoch ? 1 : 0;
        }

        return Math.Pow(Gamma, passed);
    }

    /// <summary>By value, also of the milestones.</summary>
    public bool Equals(MultiStepSchedule? other) =>
        other is not null && Gamma == other.Gamma && Milestones.AsSpan().SequenceEqual(other.Milestones);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Gamma, Milestones.Length);
}

/// <summary>
/// f + (1 − f)·(1 + cos πt)/2, with t from 0 at the end of warm-up to 1 at the end of training
/// (torch.optim.lr_scheduler.CosineAnnealingLR, stepped each iteration).
/// </summary>
/// <param name="FinalFactor">f, of the optimiser's η.</param>
public sealed record CosineSchedule(double FinalFactor = 0.01) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations)
    {
        var length = Math.Max(1, totalIterations - warmupIterations);
        var t = Math.Clamp((iteration - warmupIterations) / (double)length, 0, 1);
        return FinalFactor + ((1 - FinalFactor) * (1 + Math.Cos(Math.PI * t)) / 2);
    }

    internal override void Validate()
    {
        if (FinalFactor is not (>= 0 and <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"CosineSchedule.FinalFactor is {FinalFactor}: expected 0 to 1."));
        }
    }
}

/// <summary>
/// Rises from f₀ to 1 and falls to f₁, both along half a cosine, each iteration (torch.optim.lr_scheduler.OneCycleLR with max_lr = η,
/// div_factor = 1/f₀ and final_div_factor = f₀/f₁; momentum stays). Has its own warm-up: none is put before it unless asked for.
/// </summary>
/// <param name="RisingShare">Of all iterations, greater than 0 and below 1 (pct_start).</param>
/// <param name="StartFactor">f₀, of the optimiser's η.</param>
/// <param name="FinalFactor">f₁, of the optimiser's η.</param>
/// <remarks>Source: arXiv:1708.07120; torch/optim/lr_scheduler.py.</remarks>
public sealed record OneCycleSchedule(double RisingShare = 0.3, double StartFactor = 0.04, double FinalFactor = 4e-6) : LearningRateSchedule
{
    internal override bool HasOwnWarmup => true;

    /// <inheritdoc/>
    public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations)
    {
        // torch's step numbers: the top is at pct_start·total − 1, the end at total − 1.
        var (top, end) = ((RisingShare * totalIterations) - 1, (double)totalIterations - 1);
        return iteration <= top
            ? Anneal(StartFactor, 1, top > 0 ? iteration / top : 1)
            : Anneal(1, FinalFactor, Math.Min(1, (iteration - top) / (end - top)));
    }

    internal override void Validate()
    {
        Check(RisingShare is > 0 and < 1, nameof(RisingShare), RisingShare, "greater than 0 and below 1");
        Check(StartFactor is > 0 and <= 1, nameof(StartFactor), StartFactor, "greater than 0, at most 1");
        Check(FinalFactor is >= 0 and <= 1, nameof(FinalFactor), FinalFactor, "0 to 1");
    }

    private static double Anneal(double from, double to, double share) => to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * share)));

    private static void Check(bool ok, string field, double found, string expected)
    {
        if (!ok)
        {
            throw new ArgumentException(FormattableString.Invariant($"OneCycleSchedule.{field} is {found}: expected {expected}."));
        }
    }
}
