namespace Fovea;

/// <summary>What a training step measured before it moved the weights.</summary>
/// <param name="Classification">The batch's classification loss, summed over levels.</param>
/// <param name="Box">The batch's box loss, summed over levels.</param>
/// <param name="GradientNorm">√Σ g² before clipping.</param>
/// <param name="Foreground">Anchors of the batch that were matched with ground truth.</param>
public readonly record struct StepResult(double Classification, double Box, double GradientNorm, int Foreground)
{
    /// <summary>Classification + box.</summary>
    public double Loss => Classification + Box;

    /// <summary>Whether a step may be taken on it.</summary>
    internal bool IsFinite => double.IsFinite(Loss) && double.IsFinite(GradientNorm);

    /// <summary>For messages, in every culture the same.</summary>
    internal string Describe() =>
        FormattableString.Invariant($"classification loss {Classification}, box loss {Box}, gradient norm {GradientNorm}");
}
