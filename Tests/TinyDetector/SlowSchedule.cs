using Fovea;

namespace Fovea.Tiny;

/// <summary>Makes a step last as long as one of a large model does: signals arrive in the middle of it.</summary>
/// <param name="Seconds">Of each step.</param>
public sealed record SlowSchedule(int Seconds) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Factor(int iteration, int iterationsPerEpoch, int warmupIterations, int totalIterations)
    {
        Console.WriteLine($"step {iteration + 1} begins");
        Thread.Sleep(TimeSpan.FromSeconds(Seconds));
        return 1;
    }
}
