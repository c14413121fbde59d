using Fovea.Backends;
using Fovea.Tensors;
using Fovea.Training;

namespace Fovea.Model;

/// <summary>
/// Runs a program over one backend. Generic, so that every operator call inside the program is resolved when it is compiled.
/// </summary>
internal abstract class DeviceRun<TBackend>(DetectorProgram program, TBackend backend) : IDeviceRun
    where TBackend : struct, IBackend
{
    private TBackend backend = backend;

    public void GenerateAnchors(ExecutionPlan plan) => program.GenerateAnchors(ref backend, plan);

    public void Fold() => program.Fold(ref backend);

    public void Detect(InferencePlan plan) => program.Detect(ref backend, plan);

    public void ForwardBackward(TrainingPlan plan) => TrainingStep.ForwardBackward(program, ref backend, plan);

    public double GradientNorm(ParameterRange range) => backend.GradientNorm(range);

    public void Update(Optimizer optimizer, double learningRate, double gradientNorm, double maxGradientNorm) =>
        TrainingStep.Update(ref backend, optimizer, learningRate, gradientNorm, maxGradientNorm);

    public void Write(long offset, ReadOnlySpan<float> source) => backend.Write(offset, source);

    public void Write(long offset, ReadOnlySpan<int> source) => backend.Write(offset, source);

    public void Read(long offset, Span<float> destination) => backend.Read(offset, destination);

    public void Read(long offset, Span<int> destination) => backend.Read(offset, destination);

    public abstract void Reserve(ExecutionPlan plan);

    public abstract void AddTap(string layer, Action<string, FeatureMap> observer);

    public abstract void Dispose();
}
