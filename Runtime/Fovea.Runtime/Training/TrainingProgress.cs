namespace Fovea;

/// <summary>What a training is doing.</summary>
public enum TrainingStage
{
    /// <summary>Before the first step: <see cref="TrainingProgress.Message"/> says what is likely to go wrong, or what was decided.</summary>
    Starting,

    /// <summary>An iteration is done.</summary>
    Training,

    /// <summary>
    /// Images of the validation set are done. Where its losses are measured, too, each counts twice: once for them, then for its detections.
    /// </summary>
    Evaluating,

    /// <summary>An epoch is done, evaluated and saved: <see cref="TrainingProgress.Record"/> is there.</summary>
    EpochDone,

    /// <summary>
    /// A step diverged and the training goes on without it (<see cref="OnDivergence"/>): <see cref="TrainingProgress.Message"/> says how.
    /// </summary>
    Diverged,

    /// <summary>The training ends before its last epoch: <see cref="TrainingProgress.Message"/> says why.</summary>
    Stopped,

    /// <summary>
    /// Before the first step: weights to begin with were read, and <see cref="TrainingProgress.Message"/> says which, and what has first
    /// weights.
    /// </summary>
    Loaded,
}

/// <summary>How far a training is; reported after every iteration and epoch, and while images are evaluated.</summary>
/// <param name="Stage">What is done.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Epochs">Of the whole training.</param>
/// <param name="Iteration">Done in this epoch; or images evaluated, as <see cref="TrainingStage.Evaluating"/> counts them.</param>
/// <param name="Iterations">Of this epoch; or images to evaluate, likewise.</param>
/// <param name="Step">What the last iteration measured.</param>
/// <param name="LearningRate">Of the last iteration.</param>
/// <param name="ImagesPerSecond">Mean of this epoch.</param>
/// <param name="Elapsed">Since the training began.</param>
/// <param name="Record">The epoch's summary, at its end.</param>
public readonly record struct TrainingProgress(
    TrainingStage Stage, int Epoch, int Epochs, int Iteration, int Iterations,
    StepResult Step, double LearningRate, double ImagesPerSecond, TimeSpan Elapsed, EpochRecord? Record)
{
    /// <summary>What happened, in words, where it is not as usual; else null.</summary>
    public string? Message { get; init; }

    /// <summary>Share of the training that is done, 0 … 1; evaluation counts with its epoch.</summary>
    public double Done => Stage is TrainingStage.Starting or TrainingStage.Loaded ? DoneBefore : Stage is TrainingStage.Training or TrainingStage.Diverged
        ? (Epoch - 1 + ((double)Iteration / Math.Max(1, Iterations))) / Epochs
        : (double)Epoch / Epochs;

    /// <summary>The share that was done when this training took it up: 0, unless it resumed.</summary>
    public double DoneBefore { get; init; }

    /// <summary>Estimated from the time so far.</summary>
    public TimeSpan Remaining => Done > DoneBefore ? Elapsed * ((1 - Done) / (Done - DoneBefore)) : TimeSpan.Zero;
}
