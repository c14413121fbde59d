using Fovea.Devices;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Model;

/// <summary>Reads from a run's arena what a training step has measured.</summary>
internal static class StepMeasures
{
    public static StepResult Read(IDeviceRun run, TrainingPlan plan, double gradientNorm)
    {
        Span<int> foreground = stackalloc int[Math.Min(plan.Images, 64)];
        var matched = 0;
        for (var first = 0; first < plan.Images; first += foreground.Length)
        {
            var part = foreground[..Math.Min(foreground.Length, plan.Images - first)];
            run.Read(plan.Truth.Foreground + first, part);
            foreach (var count in part)
            {
                matched += count;
            }
        }

        return new StepResult(Sum(run, plan.ClassificationLoss), Sum(run, plan.BoxLoss), gradientNorm, matched);
    }

    private static double Sum(IDeviceRun run, LossTerm loss)
    {
        Span<float> terms = stackalloc float[loss.Levels];
        run.Read(loss.Offset, terms);
        var sum = 0.0;
        foreach (var term in terms)
        {
            sum += term;
        }

        return sum;
    }
}
