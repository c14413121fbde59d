using Fovea.CompilerServices;
using Fovea.Cuda;
using Fovea.Imaging;
using Fovea.Ops.Conv;
using Fovea.Ops.Input;
using Fovea.Ops;
using Fovea.Steps;
using Fovea.Training;

namespace Fovea.Devices;

/// <summary>
/// A session on a CUDA device. Whole detections and training steps are captured into a graph when they are repeated, and replayed from
/// then on.
/// </summary>
/// <param name="model">The weights.</param>
/// <param name="context">The session's memory and stream; the run disposes of it.</param>
/// <param name="convolutions">Who convolves; the run disposes of it.</param>
/// <param name="platform">The device.</param>
internal sealed class CudaRun(CudaModel model, CudaContext context, ConvolutionEngine convolutions, CudaPlatform platform)
    : DeviceRun<CudaBackend>(model.Program, new CudaBackend(context, convolutions), context)
{
    /// <summary>Kinds of options between which a session's callers may alternate without one being captured again.</summary>
    private const int DetectionGraphs = 4;

    /// <summary>A step's first batch, those between, and its last.</summary>
    private const int StepGraphs = 3;

    private readonly CapturedWork<DetectionKey> detection = new(context, DetectionGraphs);
    private readonly CapturedWork<StepKey> training = new(context, StepGraphs);
    private readonly LossScale lossScale = new(context);
    private readonly BatchUploads uploads = new(context);
    private readonly StepReadout readout = new(context);
    private readonly ImageInput images = new(context);

    public override void Reserve(ExecutionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        platform.Driver.MakeCurrent();
        try
        {
            context.Reserve(plan.ValuesLength, plan.ArenaLength);
        }
        catch (CudaException e) when (e.Failure == CudaFailure.OutOfMemory)
        {
            throw model.OutOfMemory(plan, e);
        }
    }

    public override void GenerateAnchors(ExecutionPlan plan)
    {
        platform.Driver.MakeCurrent();
        base.GenerateAnchors(plan);
    }

    public override void Fold()
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        base.Fold();
        platform.Driver.SynchronizeStream(context.Stream);
    }

    public override void Detect(InferencePlan plan)
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        detection.Run(new DetectionKey(plan, plan.PostProcessing), this, static (key, run) => run.Issue(key.Plan));
        platform.Driver.SynchronizeStream(context.Stream);
    }

    public override StepResult Forward(TrainingPlan plan)
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        return base.Forward(plan);
    }

    public override StepResult Step(
        TrainingPlan plan, StepPart part, Optimizer optimizer, double learningRate, double maxGradientNorm, Action? meanwhile)
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        lossScale.Start();
        var host = new HostWork(meanwhile);
        var steps = optimizer.Steps;
        var step = new StepKey(plan, part.Alike, optimizer, maxGradientNorm);
        KeepStatistics();
        for (; ; )
        {
            Launch(step, learningRate);
            readout.Begin(plan);
            host.Run();
            platform.Driver.MakeCurrent();
            var result = readout.Wait(plan);
            uploads.StreamIsIdle();
            context.OptimizerRules.StreamIsIdle();
            if (result.IsFinite)
            {
                lossScale.Succeeded();
                host.ThrowIfFailed();
                return result;
            }

            // The optimiser's kernels have seen it, too, and left weights and sums alone. A repeated step begins with the statistics of the
            // first try.
            optimizer.Steps = steps;
            RestoreStatistics();
            if (!double.IsFinite(result.Loss) || !lossScale.TryLower())
            {
                throw new TrainingDivergedException(result);
            }
        }
    }

    public override void Write(TrainingPlan plan, Batch batch)
    {
        platform.Driver.MakeCurrent();
        uploads.Place(plan, batch);
    }

    public override void Prefetch(Batch batch, int capacity)
    {
        platform.Driver.MakeCurrent();
        uploads.Begin(batch, capacity);
    }

    public override void WriteImage(
        FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine)
    {
        platform.Driver.MakeCurrent();
        images.Write(input, image, source, placement, affine);
    }

    public override void AddTap(string layer, Action<string, FeatureMap> observer) => context.AddTap(layer, observer);

    public override void Dispose()
    {
        platform.Driver.MakeCurrent();
        detection.Dispose();
        training.Dispose();
        context.Synchronize();
        convolutions.Dispose();
        uploads.Dispose();
        readout.Dispose();
        context.Dispose();
    }

    protected override StepResult ForwardBackward(TrainingPlan plan, StepPart part)
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        var result = base.ForwardBackward(plan, part);
        model.GradientScale = context.LossScale;
        return result;
    }

    protected override void KeepStatistics() => CopyStatistics(context.Model.KeptStatistics, context.Model.Statistics);

    protected override void RestoreStatistics()
    {
        CopyStatistics(context.Model.Statistics, context.Model.KeptStatistics);
        platform.Driver.SynchronizeStream(context.Stream);
    }

    private void CopyStatistics(DevicePointer<float> destination, DevicePointer<float> source)
    {
        long length = Program.Description.StatisticsLength;
        if (length > 0)
        {
            platform.Driver.CopyOnDevice(destination.Address, source.Address, length * sizeof(float), context.Stream);
        }
    }

    private void Launch(in StepKey step, double learningRate)
    {
        context.OptimizerRules.Begin();
        if (step.Part.IsLast && training.IsReady(step))
        {
            // The graph reads the optimiser's numbers of this step from the device.
            context.IsReplaying = true;
            step.Optimizer.Apply(ref Backend, learningRate);
            context.IsReplaying = false;
        }

        training.Run(step, (Run: this, Rate: learningRate), static (key, now) => now.Run.Issue(key, now.Rate));
        model.GradientScale = context.LossScale;
    }

    private void Issue(InferencePlan plan) => base.Detect(plan);

    private void Issue(in StepKey step, double learningRate)
    {
        TrainingStep.ForwardBackward(Program, ref Backend, step.Plan, step.Part);
        Backend.ClipGradients(step.Optimizer.All, step.Part.IsLast ? step.MaxGradientNorm : 0);
        Backend.RequireFinite(step.Plan.ClassificationLoss);
        Backend.RequireFinite(step.Plan.BoxLoss);
        TrainingStep.Conclude(ref Backend, step.Part, step.Optimizer, learningRate);
    }

    /// <summary>Detections with an equal key do the same with the same memory: thresholds and limits are numbers in the graph.</summary>
    private readonly record struct DetectionKey(InferencePlan Plan, PostProcessingRule Rule);

    /// <summary>Steps with an equal key do the same with the same memory: what differs is read from the device.</summary>
    private readonly record struct StepKey(TrainingPlan Plan, StepPart Part, Optimizer Optimizer, double MaxGradientNorm);
}
