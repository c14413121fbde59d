using Fovea.Model;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Cuda;

/// <summary>
/// A session on a CUDA device. Whole detections and training steps are captured into a graph when they are repeated and replayed from then on.
/// </summary>
/// <param name="model">The weights.</param>
/// <param name="context">The session's memory and stream; the run disposes of it.</param>
/// <param name="platform">The device.</param>
internal sealed class CudaRun(CudaModel model, CudaContext context, CudaPlatform platform)
    : DeviceRun<CudaBackend>(model.Program, new CudaBackend(context))
{
    private readonly CapturedWork detection = new(context);
    private readonly CapturedWork training = new(context);

    public override void Reserve(ExecutionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        platform.Driver.MakeCurrent();
        context.Reserve(plan.ValuesLength, plan.ArenaLength);
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
        detection.Run(plan, () => base.Detect(plan));
        platform.Driver.SynchronizeStream(context.Stream);
    }

    public override StepResult ForwardBackward(TrainingPlan plan)
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        return base.ForwardBackward(plan);
    }

    public override StepResult Step(TrainingPlan plan, Optimizer optimizer, double learningRate, double maxGradientNorm)
    {
        platform.Driver.MakeCurrent();
        model.RefreshCopies(context);
        return base.Step(plan, optimizer, learningRate, maxGradientNorm);
    }

    public override void AddTap(string layer, Action<string, FeatureMap> observer) => context.AddTap(layer, observer);

    public override void Dispose()
    {
        platform.Driver.MakeCurrent();
        detection.Dispose();
        training.Dispose();
        context.Dispose();
    }
}
