using System.Globalization;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Models;
using Fovea.Gpu.Profiling;
using Fovea.Gpu.Running;
using Fovea.Gpu.Training;

namespace Fovea.Gpu.Stages;

/// <summary>9: where the time of a training step of ResNet-50 goes: kernel by kernel, convolution by convolution.</summary>
internal sealed class ProfileStage : IStage
{
    private const int Images = 8;
    private const int Warm = 2;

    /// <inheritdoc/>
    public string Name => "profile";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        if (!context.Machine.TakesLargeModels)
        {
            context.Tell("profile", "no times: simulated", null);
            return;
        }

        var (images, size) = (context.Machine.HasTimes ? Images : 1, context.Machine.HasTimes ? 800 : 640);
        var name = string.Create(CultureInfo.InvariantCulture, $"{size}×{size}");
        var work = new Workload(name, o => BenchmarkDetector.Create(1, o), images, size, Precision.BFloat16);
        context.Try("profile", () => Profile(context, work));
    }

    private static void Profile(StageContext context, Workload work)
    {
        using var driver = new ProfilingDriver(context.Machine.CreateDriver());
        var options = new CudnnOptions { Executed = (plan, stream) => driver.Profile.Mark(plan.Shape.ToString(), stream) };
        var cudnn = context.Machine.OpenCudnn() is var (library, _) ? new CudnnBinding(library, options) : null;
        using var detector = work.Create(Machine.OptionsFor(driver, work.Precision) with { Cudnn = cudnn, Streams = 1 });
        using var session = detector.CreateTrainingSession(work.Images, work.Size, work.Size, Workload.Boxes);

        // What is observed is not captured, so each call is seen.
        session.Tap("P7", static (_, _, _) => { });
        work.Fill(session);
        var optimizer = detector.CreateOptimizer(new Sgd { LearningRate = StepRun.LearningRate });
        for (var i = 0; i <= Warm; i++)
        {
            driver.Profile.IsOn = i == Warm;
            session.Step(optimizer, StepRun.LearningRate);
        }

        driver.Profile.IsOn = false;
        Tell(context, driver.Profile.Lines());
    }

    private static void Tell(StageContext context, IReadOnlyList<ProfileLine> lines)
    {
        var all = lines.Sum(line => line.Milliseconds);
        context.Time("step", all, "ms", string.Create(CultureInfo.InvariantCulture, $"{lines.Sum(line => line.Count)} calls"));
        foreach (var line in lines)
        {
            var each = 1000 * line.Milliseconds / line.Count;
            context.Time(line.Name, line.Milliseconds, "ms", string.Create(
                CultureInfo.InvariantCulture, $"{line.Count} times, {each:F1} µs each, {StreamProfile.Share(line.Milliseconds, all)}"));
        }
    }
}
