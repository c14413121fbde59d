using Fovea.Steps;
using Fovea.Training;

namespace Fovea;

/// <summary>
/// Training left the numbers: a loss or a gradient became infinite or NaN. Weights, running statistics and optimiser were not touched by that
/// step.
/// </summary>
public sealed class TrainingDivergedException : Exception
{
    private const string Cures = "The weights are those from before the step. "
        + "Try a smaller learning rate, a longer warm-up, or clipping at a smaller gradient norm; "
        + "and check that the input is normalised and the boxes have area.";

    /// <param name="result">What the step measured.</param>
    /// <param name="where">Epoch and iteration, if known.</param>
    /// <param name="inner">The step's own exception.</param>
    public TrainingDivergedException(StepResult result, string where = "the training step", Exception? inner = null)
        : base($"{where}: {result.Describe()}: expected finite numbers. {Cures}", inner) => Result = result;

    /// <param name="result">What the step measured.</param>
    /// <param name="divergence">All that is known about it.</param>
    /// <param name="inner">The step's own exception.</param>
    internal TrainingDivergedException(StepResult result, Divergence divergence, Exception? inner = null)
        : base(Describe(result, divergence), inner) =>
        (Result, Origin, Images, Dump) = (result, divergence.Origin, divergence.Images, divergence.Dump);

    /// <summary>What the step measured.</summary>
    public StepResult Result { get; }

    /// <summary>The first operator or tensor with a value that is not finite, in words; null where nobody looked.</summary>
    public string? Origin { get; }

    /// <summary>The images of the batch, by name; empty where they are not known.</summary>
    public IReadOnlyList<string> Images { get; } = [];

    /// <summary>The folder that <see cref="DivergedStep.Replay"/> takes; null where nothing was written.</summary>
    public string? Dump { get; }

    private static string Describe(in StepResult result, Divergence d)
    {
        var origin = d.Origin is null ? "" : $" First not finite: {d.Origin}.";
        var images = d.Images.Count == 0 ? "" : $" Images of the batch: {string.Join(", ", d.Images)}.";
        var dump = d.Dump is null ? "" : $" The step can be replayed from {d.Dump} (replay).";
        var note = d.Note is null ? "" : $" {d.Note}";
        return $"{d.Where}: {result.Describe()}: expected finite numbers.{origin}{images} {Cures}{dump}{note}";
    }
}
