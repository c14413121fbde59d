namespace Fovea.Training;

/// <summary>
/// Why a checkpoint was written, as its metadata say. Of the last one of a training the same, whether it was resumed or not: so the files
/// of both are equal.
/// </summary>
internal static class SaveReason
{
    public const string Begun = "before the first step of this process";

    public const string Best = "the greatest AP on the validation set so far";

    public const string Due = "the time or the number of steps between two checkpoints";

    public const string Finished = "the end of the training";

    public const string OutOfPatience = "the end of the training, as no epoch was better for long";

    public const string RolledBack = "back at the last checkpoint after a step that diverged";

    /// <summary>After what has stopped the training. Messages stay out of it: a text that is no Unicode must not cost the save.</summary>
    public static string After(Exception cause) => cause switch
    {
        OperationCanceledException => "interrupted",
        TrainingDivergedException => "stopped by a step that diverged, as it was before that step",
        _ => $"stopped by an error ({cause.GetType().Name})",
    };
}
