using Fovea.CompilerServices;

namespace Fovea.Cuda;

/// <summary>
/// What one session owns on the device: its arena, its streams with their workspaces, and its view of the model's memory. The arena's
/// values (in the network's precision) come first, then 32-bit records; the plan counts both in elements.
/// </summary>
internal sealed partial class CudaContext : IDeviceMemory, IDisposable
{
    private long valuesLength;
    private long arenaBytes;
    private readonly int valueBytes;
    private readonly Dictionary<string, Action<string, FeatureMap>> taps = [];
    private readonly StreamLanes lanes;
    private DeviceAddress arena;

    /// <param name="driver">With its context opened.</param>
    /// <param name="device">What it runs on.</param>
    /// <param name="kernels">Of the session's precision.</param>
    /// <param name="model">The weights.</param>
    /// <param name="valuesLength">Elements of the arena that are values.</param>
    /// <param name="arenaLength">All elements of the arena.</param>
    /// <param name="streams">How many streams operations that do not depend on one another are given to.</param>
    public CudaContext(
        ICudaDriver driver, CudaDeviceInfo device, KernelSet kernels, CudaModelMemory model, long valuesLength, long arenaLength,
        int streams = StreamLanes.DefaultCount)
    {
        (Driver, Device, Kernels, Model, this.valuesLength) = (driver, device, kernels, model, valuesLength);
        valueBytes = KernelVariant.BytesOf(kernels.Precision);
        arenaBytes = BytesFor(valuesLength, arenaLength);
        arena = driver.Allocate(arenaBytes, "arena");
        try
        {
            lanes = new StreamLanes(driver, streams);
            StepState = new CudaStepState(driver, lanes.Main);
            OptimizerRules = new CudaOptimizerRules(driver, lanes.Main);
            Staging = new StagingBuffers(driver, lanes.Main);
            ImageBytes = new DeviceMemory(driver, "imageBytes");
        }
        catch
        {
            lanes?.Dispose();
            FreeArena();
            throw;
        }
    }

    public ICudaDriver Driver { get; }

    public CudaDeviceInfo Device { get; }

    public KernelSet Kernels { get; }

    public CudaModelMemory Model { get; }

    /// <summary>
    /// The stream of the operation in progress; outside of <see cref="Enter"/> the session's main stream, after everything that was issued.
    /// </summary>
    public CudaStream Stream => lanes.Current.Stream;

    /// <summary>Whether anything observes layers: then steps are not captured, since observers run on the host.</summary>
    public bool HasTaps => taps.Count > 0;

    /// <summary>Rises whenever memory that captured work points into was replaced.</summary>
    public int MemoryVersion { get; private set; }

    /// <summary>Makes the arena hold a plan; what it held is lost.</summary>
    public void Reserve(long values, long length)
    {
        var bytes = BytesFor(values, length);
        if (bytes > arenaBytes)
        {
            // Both cannot be held at once. Where the longer one fails, one of the old length takes the old one's place, without its content.
            Driver.SynchronizeStream(Stream);
            var before = arenaBytes;
            FreeArena();
            MemoryVersion++;
            try
            {
                arena = Driver.Allocate(bytes, "arena");
                arenaBytes = bytes;
            }
            catch (CudaException) when (before > 0)
            {
                arena = Driver.Allocate(before, "arena");
                arenaBytes = before;
                throw;
            }
        }

        valuesLength = values;
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

    /// <summary>A convolution's bias in the network's precision; null for none.</summary>
    public DevicePointer<Value> BiasValues(in ConvParameters w)
    {
        var values = w.Storage == ParameterStorage.Folded ? Model.FoldedValues : Model.ParameterValues;
        return w.HasBias ? new(values.Address + ((long)w.Bias * valueBytes)) : default;
    }

    /// <summary>An element of a float32 buffer; null where the offset is negative (an absent operand).</summary>
    public static DevicePointer<float> Offset(DevicePointer<float> buffer, long offset) =>
        offset < 0 ? default : new(buffer.Address + (offset * sizeof(float)));

    /// <summary>Begins an operation that may run beside others; it ends when the result is disposed of.</summary>
    /// <param name="kind">Where it belongs among the others.</param>
    /// <param name="reads">What it reads, apart from what no operation of a step writes.</param>
    /// <param name="writes">What it writes.</param>
    public StreamLanes.Scope Enter(OperationKind kind, MemoryRange[] reads, MemoryRange[] writes) =>
        lanes.Enter(kind, new MemoryUse(reads, writes));

    /// <summary>Large where a product with a map as its result fills the device: a tile of it for each multiprocessor.</summary>
    public OperationKind KindOf(FeatureMap result)
    {
        const int Tile = 128;
        var tiles = ((result.Cells + Tile - 1) / Tile) * ((result.Channels + Tile - 1) / Tile);
        return tiles < Device.Multiprocessors ? OperationKind.Small : OperationKind.Large;
    }

    /// <summary>A map's memory.</summary>
    public MemoryRange Range(FeatureMap map) => map.IsEmpty ? default : new(Values(map).Address, map.Length * valueBytes);

    /// <summary>So many gradients; an offset below 0 is an absent operand.</summary>
    public MemoryRange Gradients(int offset, int length) =>
        offset < 0 ? default : new(Offset(Model.Gradients, offset).Address, (long)length * sizeof(float));

    /// <summary>So many numbers of 4 bytes of the records behind the values.</summary>
    public MemoryRange Records(long offset, long length) => new(Record(offset), length * sizeof(float));

    /// <summary>A normalisation's statistics: of the batch, as backward needs them.</summary>
    public MemoryRange Range(NormStatisticsMap stats) => Records(stats.Offset, 2L * stats.Count);

    /// <summary>A convolution's weights as kernels multiply them; who writes them writes the bias with them.</summary>
    public MemoryRange Range(in ConvParameters w) => new(Weights(w).Address, (long)w.WeightLength * valueBytes);

    /// <summary>Memory for the running operation, in its stream's order: the next operation may use the same. 256-byte aligned.</summary>
    public DeviceAddress Workspace(long bytes)
    {
        var lane = lanes.Current;

        // Before it is replaced: an allocation that fails has freed the old one.
        MemoryVersion += lane.Holds(bytes) ? 0 : 1;
        return lane.Workspace(bytes);
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

    /// <summary>A launch over packs of channels of a map's cells: the grid's y is the image, whose packs are counted in 32 bits.</summary>
    public LaunchShape Cells(FeatureMap map)
    {
        var lanes = 16 / valueBytes;
        var packs = map.Channels % lanes == 0 ? map.Channels / lanes : map.Channels;
        var items = checked(map.Height * map.Width * packs);
        var blocks = Spread(items).Grid.X;
        return Shape(new Dim3(blocks, map.Images), 256);
    }

    /// <summary>Waits until the device is done with what the session gave it.</summary>
    public void Synchronize() => lanes.Synchronize();

    /// <summary>Forgets the operations of a capture that came to nothing.</summary>
    public void Abandon() => lanes.Abandon();

    public void Dispose()
    {
        Synchronize();
        OptimizerRules.Dispose();
        StepState.Dispose();
        Staging.Dispose();
        ImageBytes.Dispose();
        lanes.Dispose();
        FreeArena();
    }

    private void FreeArena()
    {
        if (arenaBytes > 0)
        {
            Driver.Free(arena);
            (arena, arenaBytes) = (default, 0);
        }
    }

    private long BytesFor(long values, long length) => (values * valueBytes) + ((length - values) * sizeof(float));

    private DeviceAddress Record(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, valuesLength);
        return arena + (valuesLength * valueBytes) + ((offset - valuesLength) * sizeof(float));
    }
}
