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
}

/// <summary>Training left the numbers: a loss or a gradient became infinite or NaN. The weights were not touched by that step.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <param name="result">What the step measured.</param>
    /// <param name="where">Epoch and iteration, if known.</param>
    /// <param name="inner">The step's own exception.</param>
    public TrainingDivergedException(StepResult result, string where = "the training step", Exception? inner = null)
        : base(
            FormattableString.Invariant(
                $"{where}: classification loss {result.Classification}, box loss {result.Box}, gradient norm {result.GradientNorm}: ")
            + "expected finite numbers. "
            + "The weights are those from before the step. "
            + "Try a smaller learning rate, a longer warm-up, or clipping at a smaller gradient norm; "
            + "and check that the input is normalised and the boxes have area.",
            inner) => Result = result;

    /// <summary>What the step measured.</summary>
    public StepResult Result { get; }
}
