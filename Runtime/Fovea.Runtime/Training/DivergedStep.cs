using Fovea.Steps;
using Fovea.Training;

namespace Fovea;

/// <summary>A step that diverged, repeated from what the training has left of it.</summary>
/// <param name="Result">What the step measured.</param>
/// <param name="Origin">The first operator or tensor with a value that is not finite, in words.</param>
/// <param name="Images">The images of the batch, by name.</param>
public sealed record DivergedStep(StepResult Result, string Origin, IReadOnlyList<string> Images)
{
    /// <summary>Repeats a step: forward, losses and backward, with every layer looked at.</summary>
    /// <param name="detector">The detector that diverged; it has the weights from before the step afterwards.</param>
    /// <param name="folder"><see cref="TrainingDivergedException.Dump"/>.</param>
    /// <exception cref="CheckpointException">The folder has no such step, or one of another model.</exception>
    public static DivergedStep Replay(Detector detector, string folder)
    {
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var (session, images) = DivergenceDump.Open(folder, detector);
        using (session)
        {
            var (result, origin) = DivergenceTrace.Find(detector, session);
            return new DivergedStep(result, origin, images);
        }
    }

    /// <summary>Says where a step came from that has just diverged, and leaves what repeats it.</summary>
    /// <param name="detector">With the weights from before the step.</param>
    /// <param name="session">With the step's batch; not to be used any more.</param>
    /// <param name="failure">The step's own exception.</param>
    /// <param name="where">Epoch, iteration, learning rate.</param>
    /// <param name="images">Of the batch, by name.</param>
    /// <param name="folder">Takes the dump; null: none is written.</param>
    internal static TrainingDivergedException Explain(
        Detector detector, TrainingSession session, TrainingDivergedException failure, string where, IReadOnlyList<string> images, string? folder)
    {
        string? note = null;
        try
        {
            if (folder is not null)
            {
                DivergenceDump.Write(folder, detector, session, where, images);
            }
        }
        catch (IOException e)
        {
            (folder, note) = (null, $"What would replay the step could not be written: {e.Message}");
        }

        var (_, origin) = DivergenceTrace.Find(detector, session);
        return new TrainingDivergedException(failure.Result, new Divergence(where, origin, images, folder, note), failure);
    }
}
