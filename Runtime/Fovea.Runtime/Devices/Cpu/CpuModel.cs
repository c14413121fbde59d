using Fovea.Cpu;
using Fovea.Imaging;
using Fovea.Ops;
using Fovea.CompilerServices;
using Fovea.Steps;

namespace Fovea.Devices;

/// <summary>A model's weights in the CPU's memory.</summary>
internal sealed class CpuModel(DetectorProgram program, WorkerPool pool, bool ownsPool) : DeviceModel(program)
{
    private readonly ModelMemory memory = new(program.Description);

    public override string DeviceDescription => Device.DescribeCpu(pool.Workers);

    protected override long StateVersion => memory.ParametersVersion + memory.StatisticsVersion;

    public override IDeviceRun CreateRun(ExecutionPlan plan) => new CpuRun(Program, new CpuContext(memory, pool, plan.ArenaLength));

    protected override void ReadMemory(StateBuffer buffer, int offset, Span<float> destination) =>
        Buffer(buffer).Span.Slice(offset, destination.Length).CopyTo(destination);

    protected override void WriteMemory(StateBuffer buffer, int offset, ReadOnlySpan<float> source) => source.CopyTo(Buffer(buffer).Span[offset..]);

    protected override void ClearMoments(int count)
    {
        memory.EnsureMoments(count);
        memory.FirstMoment?.Span.Clear();
        memory.SecondMoment?.Span.Clear();
        memory.GreatestSecondMoment?.Span.Clear();
    }

    protected override void CopyToAverages()
    {
        memory.Parameters.Span[..Program.Description.TrainableLength].CopyTo(memory.AveragedParameters.Span);
        memory.Statistics.Span.CopyTo(memory.AveragedStatistics.Span);
    }

    protected override void ExchangeWithAverages()
    {
        Exchange(memory.Parameters.Span[..Program.Description.TrainableLength], memory.AveragedParameters.Span);
        Exchange(memory.Statistics.Span, memory.AveragedStatistics.Span);
    }

    public override void StateChanged()
    {
        memory.ParametersChanged();
        memory.StatisticsChanged();
    }

    protected override void FoldedChanged() => memory.FoldedChanged();

    protected override void DisposeMemory()
    {
        memory.Dispose();
        if (ownsPool)
        {
            pool.Dispose();
        }
    }

    private static void Exchange(Span<float> a, Span<float> b)
    {
        for (var i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = (b[i], a[i]);
        }
    }

    private NativeBuffer Buffer(StateBuffer buffer) => buffer switch
    {
        StateBuffer.Parameters => memory.Parameters,
        StateBuffer.Gradients => memory.Gradients,
        StateBuffer.Statistics => memory.Statistics,
        StateBuffer.FirstMoment => memory.FirstMoment,
        StateBuffer.SecondMoment => memory.SecondMoment,
        StateBuffer.GreatestSecondMoment => memory.GreatestSecondMoment,
        StateBuffer.AveragedParameters => memory.AveragedParameters,
        StateBuffer.AveragedStatistics => memory.AveragedStatistics,
        _ => throw new ArgumentOutOfRangeException(nameof(buffer), buffer, "Unknown buffer."),
    } ?? throw new InvalidOperationException($"The model has no {buffer}: no optimiser asked for it.");

    /// <summary>A session's arena and the backend over it. A detection or a step is one turn of the worker pool.</summary>
    private sealed class CpuRun(DetectorProgram program, CpuContext context)
        : DeviceRun<CpuBackend>(program, new CpuBackend(context), context)
    {
        private readonly CanvasWriter writer = new(program.Description.Pixels);
        private float[]? statistics;

        public override void Fold()
        {
            using var turn = context.Pool.Enter();
            base.Fold();
        }

        public override void Detect(InferencePlan plan)
        {
            using var turn = context.Pool.Enter();
            base.Detect(plan);
        }

        public override StepResult Forward(TrainingPlan plan)
        {
            using var turn = context.Pool.Enter();
            return base.Forward(plan);
        }

        public override void WriteImage(
            FeatureMap input, int image, PixelSource source, in ImagePlacement placement, in PixelAffine affine)
        {
            var canvas = input.ImageAt(image);
            writer.Write(source, placement, new CanvasSize(canvas.Width, canvas.Height), context.Values(canvas), affine);
        }

        public override void Reserve(ExecutionPlan plan) => context.ReserveArena(plan.ArenaLength);

        public override void AddTap(string layer, Action<string, FeatureMap> observer) => context.AddTap(layer, observer);

        public override void Dispose() => context.Dispose();

        protected override void KeepStatistics()
        {
            statistics ??= new float[Program.Description.StatisticsLength];
            context.Model.Statistics.Span[..statistics.Length].CopyTo(statistics);
        }

        protected override bool StatisticsAreFinite()
        {
            foreach (var value in context.Model.Statistics.Span)
            {
                if (!float.IsFinite(value))
                {
                    return false;
                }
            }

            return true;
        }

        protected override void RestoreStatistics() => statistics.CopyTo(context.Model.Statistics.Span);

        protected override StepResult ForwardBackward(TrainingPlan plan, StepPart part)
        {
            using var turn = context.Pool.Enter();
            return base.ForwardBackward(plan, part);
        }

        protected override StepResult Compute(
            TrainingPlan plan, StepPart part, Optimizer optimizer, double learningRate, double maxGradientNorm)
        {
            using var turn = context.Pool.Enter();
            return base.Compute(plan, part, optimizer, learningRate, maxGradientNorm);
        }
    }
}
