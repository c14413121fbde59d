using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>Reads from an arena what a training step has measured.</summary>
internal static class StepMeasures
{
    public static StepResult Read(IDeviceMemory memory, TrainingPlan plan, double gradientNorm)
    {
        Span<int> foreground = stackalloc int[Math.Min(plan.Images, 64)];
        var matched = 0;
        for (var first = 0; first < plan.Images; first += foreground.Length)
        {
            var part = foreground[..Math.Min(foreground.Length, plan.Images - first)];
            memory.Read(plan.Truth.Foreground + first, part);
            foreach (var count in part)
            {
                matched += count;
            }
        }

        return new StepResult(Sum(memory, plan.ClassificationLoss), Sum(memory, plan.BoxLoss), gradientNorm, matched);
    }

    private static double Sum(IDeviceMemory memory, LossTerm loss)
    {
        Span<float> terms = stackalloc float[loss.Levels];
        memory.Read(loss.Offset, terms);
        var sum = 0.0;
        foreach (var term in terms)
        {
            sum += term;
        }

        return sum;
    }
}
