namespace Fovea;

/// <summary>
/// What a training does with a step whose loss or gradient is not finite. The step itself is never taken: weights, running statistics and
/// optimiser are those from before it.
/// </summary>
public enum OnDivergence
{
    /// <summary>Saves, says where it came from, leaves a dump that replays the step, and ends.</summary>
    Stop,

    /// <summary>Leaves the batch out and goes on; ends after ten such batches in a row.</summary>
    Skip,

    /// <summary>Goes back to the last checkpoint with half the learning rate; ends after five times.</summary>
    Rollback,
}

/// <summary>When it is hopeless.</summary>
internal static class DivergenceLimits
{
    public const int SkippedInRow = 10;
    public const int Rollbacks = 5;
}
