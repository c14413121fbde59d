using Fovea.Cuda;
using Fovea.Ops.Conv;
using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>A model's weights on a CUDA device.</summary>
internal sealed class CudaModel : DeviceModel
{
    private readonly CudaPlatform platform;
    private readonly CudaModelMemory memory;
    private readonly CudaStream stream;
    private readonly Lock refreshing = new();
    private long version = 1;
    private bool copiesAreStale = true;

    /// <param name="program">The generated network.</param>
    /// <param name="platform">The device; the model disposes of it.</param>
    public CudaModel(DetectorProgram program, CudaPlatform platform)
        : base(program)
    {
        this.platform = platform;
        memory = new CudaModelMemory(platform.Driver, program.Description, platform.Kernels.Precision);
        stream = platform.Driver.CreateStream();
        if (!platform.OwnsDriver)
        {
            platform.Driver.Disposing += OnDriverDisposing;
        }
    }

    /// <summary>What the gradients in the buffer are multiplied by: the loss scale of the step that wrote them.</summary>
    public float GradientScale { get; set; } = 1;

    public override string DeviceDescription => platform.Description;

    public override bool RunsAside => true;

    public override long FreeBytes
    {
        get
        {
            using var use = Lifetime.Use();
            platform.Driver.MakeCurrent();
            return platform.Driver.GetMemory().FreeBytes;
        }
    }

    protected override long StateVersion => Interlocked.Read(ref version);

    public override IDeviceRun CreateRun(ExecutionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        platform.Driver.MakeCurrent();
        var cudnn = platform.CreateConvolutions();
        try
        {
            var context = new CudaContext(
                platform.Driver, platform.Device, platform.Kernels, memory, plan.ValuesLength, plan.ArenaLength, platform.Streams);
            return new CudaRun(this, context, new ConvolutionEngine(context, cudnn), platform);
        }
        catch (CudaException e)
        {
            cudnn?.Dispose();
            if (e.Failure == CudaFailure.OutOfMemory)
            {
                throw OutOfMemory(plan, e);
            }

            throw;
        }
    }

    public override long BytesOf(ExecutionPlan plan) =>
        (plan.ValuesLength * KernelVariant.BytesOf(platform.Kernels.Precision)) + ((plan.ArenaLength - plan.ValuesLength) * sizeof(float));

    protected override unsafe void ReadMemory(StateBuffer buffer, int offset, Span<float> destination)
    {
        platform.Driver.MakeCurrent();
        fixed (float* p = destination)
        {
            platform.Driver.CopyToHost(
                (nint)p, CudaContext.Offset(Buffer(buffer), offset).Address, destination.Length * (long)sizeof(float), stream);
            platform.Driver.SynchronizeStream(stream);
        }

        if (buffer == StateBuffer.Gradients && GradientScale != 1)
        {
            foreach (ref var g in destination)
            {
                g /= GradientScale;
            }
        }
    }

    protected override unsafe void WriteMemory(StateBuffer buffer, int offset, ReadOnlySpan<float> source)
    {
        platform.Driver.MakeCurrent();
        fixed (float* p = source)
        {
            platform.Driver.CopyToDevice(
                CudaContext.Offset(Buffer(buffer), offset).Address, (nint)p, source.Length * (long)sizeof(float), stream);
            platform.Driver.SynchronizeStream(stream);
        }

        copiesAreStale |= buffer == StateBuffer.Parameters;
    }

    protected override void ClearMoments(int count)
    {
        platform.Driver.MakeCurrent();
        memory.EnsureMoments(count);
        foreach (var moment in (DevicePointer<float>[])[memory.FirstMoment, memory.SecondMoment, memory.GreatestSecondMoment])
        {
            if (!moment.IsNull)
            {
                platform.Driver.Fill(moment.Address, 0, Program.Description.TrainableLength, stream);
            }
        }

        platform.Driver.Synchronize();
    }

    protected override void CopyToAverages()
    {
        platform.Driver.MakeCurrent();
        Copy(memory.AveragedParameters, memory.Parameters, Program.Description.TrainableLength);
        Copy(memory.AveragedStatistics, memory.Statistics, Program.Description.StatisticsLength);
        platform.Driver.SynchronizeStream(stream);
    }

    protected override void ExchangeWithAverages()
    {
        platform.Driver.MakeCurrent();
        Exchange(memory.Parameters, memory.AveragedParameters, memory.Gradients, Program.Description.TrainableLength);
        Exchange(memory.Statistics, memory.AveragedStatistics, memory.KeptStatistics, Program.Description.StatisticsLength);
        platform.Driver.SynchronizeStream(stream);
        copiesAreStale = true;
    }

    public override void StateChanged() => Interlocked.Increment(ref version);

    /// <summary>Brings the rounded copies of the weights up to date where the host has written the masters.</summary>
    public void RefreshCopies(CudaContext context)
    {
        if (!memory.IsNarrow || !Volatile.Read(ref copiesAreStale))
        {
            return;
        }

        lock (refreshing)
        {
            if (copiesAreStale)
            {
                long length = Program.Description.ParameterLength;
                platform.Kernels.ToValues.Launch(context.Spread(length, 8), memory.Parameters, memory.ParameterValues, length);
                platform.Driver.SynchronizeStream(context.Stream);
                Volatile.Write(ref copiesAreStale, false);
            }
        }
    }

    /// <summary>The plan's figures beside the driver's words: what is needed, what there is, what to do.</summary>
    public CudaException OutOfMemory(ExecutionPlan plan, CudaException inner)
    {
        var bytes = BytesOf(plan);
        var free = platform.Driver.GetMemory();
        return new CudaException(CudaFailure.OutOfMemory, FormattableString.Invariant(
            $"{inner.Message} The plan of {plan.Images} images of {plan.Width}×{plan.Height} needs {bytes >> 20} MiB beside the weights; ")
            + FormattableString.Invariant($"{free.FreeBytes >> 20} of {free.TotalBytes >> 20} MiB are free. ")
            + "Take a smaller batch or canvas, or BFloat16.", inner);
    }

    protected override void FoldedChanged()
    {
    }

    protected override void DisposeMemory()
    {
        try
        {
            platform.Driver.MakeCurrent();
            platform.Driver.DestroyStream(stream);
            memory.Dispose();
            platform.Dispose();
        }
        finally
        {
            // Last: a driver that is disposed of meanwhile waits until everything is given back.
            platform.Driver.Disposing -= OnDriverDisposing;
        }
    }

    /// <summary>A driver that detectors share takes them with it: with its context they would lose their memory unawares.</summary>
    private void OnDriverDisposing()
    {
        if (Lifetime.IsInUse)
        {
            throw new InvalidOperationException(
                $"{platform.Driver.Description}: disposed of within a detector's call, which may work with it; expected that after the call.");
        }

        try
        {
            Dispose();
        }
        catch (CudaException e) when (e.Failure is CudaFailure.Kernel or CudaFailure.DeviceLost)
        {
            // A context that a kernel has broken takes its memory with it; the kernel's fault was told where it was found.
        }
    }

    /// <param name="a">One buffer.</param>
    /// <param name="b">The other.</param>
    /// <param name="room">As long, and needed by nobody between two steps.</param>
    /// <param name="length">Elements.</param>
    /// <remarks>Values change places, not buffers: captured work knows these by their addresses.</remarks>
    private void Exchange(DevicePointer<float> a, DevicePointer<float> b, DevicePointer<float> room, long length)
    {
        Copy(room, a, length);
        Copy(a, b, length);
        Copy(b, room, length);
    }

    private void Copy(DevicePointer<float> destination, DevicePointer<float> source, long length)
    {
        if (length > 0)
        {
            platform.Driver.CopyOnDevice(destination.Address, source.Address, length * sizeof(float), stream);
        }
    }

    private DevicePointer<float> Buffer(StateBuffer buffer)
    {
        var pointer = buffer switch
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
        };
        return pointer.IsNull ? throw new InvalidOperationException($"The model has no {buffer}: no optimiser asked for it.") : pointer;
    }
}
