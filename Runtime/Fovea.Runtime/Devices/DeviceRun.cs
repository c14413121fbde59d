using Fovea.CompilerServices;
using Fovea.Imaging;
using Fovea.Model;
using Fovea.Steps;
using Fovea.Training;

namespace Fovea.Devices;

/// <summary>
/// Runs a program over one backend. Generic, so that every operator call inside the program is resolved when it is compiled.
/// </summary>
internal abstract class DeviceRun<TBackend>(DetectorProgram program, TBackend backend, IDeviceMemory memory) : IDeviceRun
    where TBackend : struct, IBackend
{
    private TBackend backend = backend;

    public IDeviceMemory Memory { get; } = memory;

    /// <summary>The generated network.</summary>
    protected DetectorProgram Program { get; } = program;

    /// <summary>What computes.</summary>
    protected ref TBackend Backend => ref backend;

    public virtual void GenerateAnchors(ExecutionPlan plan) => Program.GenerateAnchors(ref backend, plan);

    public virtual void Fold() => Program.Fold(ref backend);

    public virtual void Detect(InferencePlan plan) => Program.Detect(ref backend, plan);

    public virtual StepResult Forward(TrainingPlan plan)
    {
        TrainingStep.Forward(Program, ref backend, plan);
        return StepMeasures.Read(Memory, plan, gradientNorm: 0);
    }

    public StepResult ForwardBackward(TrainingPlan plan) => ForwardBackward(plan, StepPart.Whole);

    public virtual StepResult Step(
        TrainingPlan plan, StepPart part, Optimizer optimizer, double learningRate, double maxGradientNorm, Action? meanwhile)
    {
        var host = new HostWork(meanwhile);
        var result = Compute(plan, part, optimizer, learningRate, maxGradientNorm);
        host.Run();
        if (!result.IsFinite)
        {
            throw new TrainingDivergedException(result);
        }

        host.ThrowIfFailed();
        return result;
    }

    public virtual void Write(TrainingPlan plan, Batch batch)
    {
        var truth = plan.Truth;
        Span<int> count = stackalloc int[1];
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.SourceOf(i) is { } source)
            {
                WriteImage(plan.Input, i, new PixelSource(source), batch.Placements[i], batch.AffineOf(i));
            }
            else
            {
                Memory.Write(plan.Input.ImageAt(i), batch.PixelsOf(i));
            }

            var first = (long)i * truth.Capacity;
            count[0] = batch.TruthClassesOf(i).Length;
            Memory.Write(truth.Boxes + (first * 4), batch.TruthBoxesOf(i));
            Memory.Write(truth.Classes + first, batch.TruthClassesOf(i));
            Memory.Write(truth.Counts + i, count);
        }
    }

    public virtual void Prefetch(Batch batch, int capacity)
    {
    }

    public abstract void WriteImage(
        FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine);

    public abstract void Reserve(ExecutionPlan plan);

    public abstract void AddTap(string layer, Action<string, FeatureMap> observer);

    public abstract void Dispose();

    /// <summary>Keeps a copy of the running statistics, which forward moves: a step happens wholly or not at all.</summary>
    protected abstract void KeepStatistics();

    /// <summary>Whether forward has left finite statistics; true where looking would cost a wait for the device.</summary>
    protected virtual bool StatisticsAreFinite() => true;

    /// <summary>Puts the copy back.</summary>
    protected abstract void RestoreStatistics();

    /// <summary>Forward, losses, backward and the gradient's norm; where one is not finite, the statistics are those from before.</summary>
    protected virtual StepResult ForwardBackward(TrainingPlan plan, StepPart part)
    {
        KeepStatistics();
        var isWhole = false;
        try
        {
            TrainingStep.ForwardBackward(Program, ref backend, plan, part);
            var norm = backend.GradientNorm(new ParameterRange(0, Program.Description.TrainableLength));
            var result = StepMeasures.Read(Memory, plan, norm);
            isWhole = result.IsFinite && StatisticsAreFinite();

            // Squares leave the numbers before values do: such a step looks well, and its statistics would be wrong for ever.
            return isWhole || !result.IsFinite ? result : result with { GradientNorm = double.NaN };
        }
        finally
        {
            if (!isWhole)
            {
                RestoreStatistics();
            }
        }
    }

    /// <summary>
    /// A step's work on the device: forward, losses, backward and, where these are finite, the update, or the sum for a later one.
    /// </summary>
    protected virtual StepResult Compute(
        TrainingPlan plan, StepPart part, Optimizer optimizer, double learningRate, double maxGradientNorm)
    {
        var result = ForwardBackward(plan, part);
        if (result.IsFinite)
        {
            TrainingStep.Update(ref backend, part, optimizer, learningRate, result.GradientNorm, maxGradientNorm);
        }

        return result;
    }
}
