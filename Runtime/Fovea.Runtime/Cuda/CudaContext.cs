using Fovea.Cuda.Cudnn;
using Fovea.Tensors;

namespace Fovea.Cuda;

/// <summary>
/// What one session owns on the device: its arena, its stream and workspace, and its view of the model's memory. The arena's values (in the
/// network's precision) come first, then 32-bit records; the plan counts both in elements.
/// </summary>
internal sealed class CudaContext : IDisposable
{
    private long valuesLength;
    private long arenaBytes;
    private readonly int valueBytes;
    private readonly Dictionary<string, Action<string, FeatureMap>> taps = [];
    private DeviceAddress arena;
    private DeviceAddress workspace;
    private long workspaceBytes;

    /// <param name="driver">With its context opened.</param>
    /// <param name="device">What it runs on.</param>
    /// <param name="kernels">Of the session's precision.</param>
    /// <param name="model">The weights.</param>
    /// <param name="valuesLength">Elements of the arena that are values.</param>
    /// <param name="arenaLength">All elements of the arena.</param>
    /// <param name="cudnn">Null where our own kernels convolve; the context disposes of it.</param>
    public CudaContext(
        ICudaDriver driver, CudaDeviceInfo device, KernelSet kernels, CudaModelMemory model, long valuesLength, long arenaLength,
        CudnnConvolutions? cudnn = null)
    {
        (Driver, Device, Kernels, Model, this.valuesLength) = (driver, device, kernels, model, valuesLength);
        valueBytes = KernelVariant.BytesOf(kernels.Precision);
        arenaBytes = BytesFor(valuesLength, arenaLength);
        arena = driver.Allocate(arenaBytes);
        Stream = driver.CreateStream();
        Convolutions = new ConvolutionEngine(this, cudnn);
        StepState = new CudaStepState(driver, Stream);
        OptimizerRules = new CudaOptimizerRules(driver, Stream);
        Staging = new StagingBuffers(driver, Stream);
        ImageBytes = new DeviceMemory(driver);
    }

    public ICudaDriver Driver { get; }

    public CudaDeviceInfo Device { get; }

    public KernelSet Kernels { get; }

    public CudaModelMemory Model { get; }

    public CudaStream Stream { get; }

    /// <summary>Who convolves.</summary>
    public ConvolutionEngine Convolutions { get; }

    /// <summary>Whether anything observes layers: then steps are not captured, since observers run on the host.</summary>
    public bool HasTaps => taps.Count > 0;

    /// <summary>Rises whenever memory that captured work points into was replaced.</summary>
    public int MemoryVersion { get; private set; }

    /// <summary>Makes the arena hold a plan; what it held is lost.</summary>
    public void Reserve(long values, long length)
    {
        valuesLength = values;
        var bytes = BytesFor(values, length);
        if (bytes > arenaBytes)
        {
            // Both cannot be held at once; a failure leaves no arena, and the next plan asks again.
            Driver.SynchronizeStream(Stream);
            FreeArena();
            arena = Driver.Allocate(bytes);
            arenaBytes = bytes;
            MemoryVersion++;
        }
    }

    public void AddTap(string layer, Action<string, FeatureMap> observer) => taps[layer] = observer;

    public void Observe(string layer, FeatureMap value)
    {
        if (taps.Count > 0 && taps.TryGetValue(layer, out var observer))
        {
            observer(layer, value);
        }
    }

    /// <summary>What the kernels of a training step tell each other.</summary>
    public CudaStepState StepState { get; }

    /// <summary>The numbers of the optimiser's steps.</summary>
    public CudaOptimizerRules OptimizerRules { get; }

    /// <summary>
    /// What the losses' gradients are multiplied by, so that small ones do not vanish in float16; the optimiser divides by it.
    /// </summary>
    public float LossScale
    {
        get => StepState.LossScale;
        set => StepState.SetLossScale(value);
    }

    /// <summary>
    /// Whether launches are being written down: optimiser steps then leave the upload of their numbers to who runs the graph.
    /// </summary>
    public bool IsCapturing { get; set; }

    /// <summary>Whether a captured graph stands for the launches: optimiser steps then only upload their numbers.</summary>
    public bool IsReplaying { get; set; }

    /// <summary>Between the host's memory and the device's.</summary>
    public StagingBuffers Staging { get; }

    /// <summary>An image on its way to the input, in the stream's order; outside the workspace, whose growth would end a capture.</summary>
    public DeviceMemory ImageBytes { get; }

    /// <summary>A map's values; null for an absent operand.</summary>
    public DevicePointer<Value> Values(FeatureMap map) => map.IsEmpty ? default : new(arena + (map.Offset * valueBytes));

    /// <summary>A record of float32 behind the values.</summary>
    public DevicePointer<float> Floats(long offset) => new(Record(offset));

    /// <summary>A record of 32-bit integers behind the values.</summary>
    public DevicePointer<int> Ints(long offset) => new(Record(offset));

    /// <summary>A convolution's weights in the network's precision.</summary>
    public DevicePointer<Value> Weights(in ConvParameters w)
    {
        var values = w.Storage == ParameterStorage.Folded ? Model.FoldedValues : Model.ParameterValues;
        return new(values.Address + ((long)w.Weight * valueBytes));
    }

    /// <summary>A convolution's bias; null for none.</summary>
    public DevicePointer<float> Bias(in ConvParameters w) => w.HasBias
        ? Offset(w.Storage == ParameterStorage.Folded ? Model.Folded : Model.Parameters, w.Bias)
        : default;

    /// <summary>An element of a float32 buffer; null where the offset is negative (an absent operand).</summary>
    public static DevicePointer<float> Offset(DevicePointer<float> buffer, long offset) =>
        offset < 0 ? default : new(buffer.Address + (offset * sizeof(float)));

    /// <summary>Memory for the running operation, in the stream's order: the next operation may use the same. 256-byte aligned.</summary>
    public DeviceAddress Workspace(long bytes)
    {
        if (bytes > workspaceBytes)
        {
            Driver.SynchronizeStream(Stream);
            FreeWorkspace();
            var rounded = (bytes + 255) / 256 * 256;
            workspace = Driver.Allocate(rounded);
            workspaceBytes = rounded;
            MemoryVersion++;
        }

        return workspace;
    }

    /// <summary>A launch on the session's stream.</summary>
    public LaunchShape Shape(Dim3 grid, int threads, int sharedBytes = 0) => new(Stream, grid, threads, sharedBytes);

    /// <summary>
    /// A launch for a loop over so many items, <paramref name="perThread"/> of them at a time in a thread of a block of 256; the grid fills
    /// the device a few times over and its threads stride.
    /// </summary>
    public LaunchShape Spread(long items, int perThread = 1)
    {
        var blocks = (items + (256L * perThread) - 1) / (256L * perThread);
        return new(Stream, (int)Math.Clamp(blocks, 1, Device.Multiprocessors * 16L), 256);
    }

    public void Dispose()
    {
        Driver.SynchronizeStream(Stream);
        Convolutions.Dispose();
        OptimizerRules.Dispose();
        StepState.Dispose();
        Staging.Dispose();
        ImageBytes.Dispose();
        Driver.DestroyStream(Stream);
        FreeArena();
        FreeWorkspace();
    }

    private void FreeArena()
    {
        if (arenaBytes > 0)
        {
            Driver.Free(arena);
            (arena, arenaBytes) = (default, 0);
        }
    }

    private void FreeWorkspace()
    {
        if (workspaceBytes > 0)
        {
            Driver.Free(workspace);
            (workspace, workspaceBytes) = (default, 0);
        }
    }

    private long BytesFor(long values, long length) => (values * valueBytes) + ((length - values) * sizeof(float));

    private DeviceAddress Record(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, valuesLength);
        return arena + (valuesLength * valueBytes) + ((offset - valuesLength) * sizeof(float));
    }
}
