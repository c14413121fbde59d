using Fovea.CompilerServices;

namespace Fovea.Cpu;

/// <summary>What one session owns on the CPU: its arena, its workers' workspaces, and its view of the model's memory.</summary>
internal sealed unsafe class CpuContext : IDeviceMemory, IDisposable
{
    private readonly NativeBuffer?[] workspaces;
    private readonly Dictionary<string, Action<string, FeatureMap>> taps = [];

    public CpuContext(ModelMemory model, WorkerPool pool, long arenaLength, CpuKernelTable? kernels = null)
    {
        Model = model;
        Pool = pool;
        Kernels = kernels ?? CpuKernelTable.Best;
        Arena = new NativeBuffer(arenaLength);
        workspaces = new NativeBuffer?[pool.Workers + 1];
    }

    public ModelMemory Model { get; }

    public WorkerPool Pool { get; }

    /// <summary>The widest of this machine, unless a test asks for another.</summary>
    public CpuKernelTable Kernels { get; }

    public NativeBuffer Arena { get; private set; }

    /// <summary>Makes the arena at least this long; what it held is lost if it grows. If there is no memory for that, it stays as it is.</summary>
    public void ReserveArena(long length)
    {
        var buffer = Arena;
        NativeBuffer.Grow(ref buffer, length);
        Arena = buffer;
    }

    /// <summary>Memory that operators share between workers during one call, grown to the largest request.</summary>
    public float* SharedWorkspace(long length) => Workspace(workspaces.Length - 1, length);

    /// <summary>
    /// Memory of one worker during one task, grown to the largest request. Size it before the run (<see cref="ReserveWorkspaces"/>): a
    /// task must not grow it.
    /// </summary>
    public float* WorkerWorkspace(int worker) => workspaces[worker]!.Pointer;

    /// <summary>Makes every worker's workspace at least this long.</summary>
    public void ReserveWorkspaces(long length)
    {
        for (var i = 0; i < Pool.Workers; i++)
        {
            Workspace(i, length);
        }
    }

    public float* Pointer(FeatureMap map) => Arena.Pointer + map.Offset;

    /// <summary>A map's memory.</summary>
    public Span<float> Values(FeatureMap map) => new(Pointer(map), checked((int)map.Length));

    public float* At(long offset) => Arena.Pointer + offset;

    public float* Weights(in ConvParameters w) => Parameters(w.Storage) + w.Weight;

    public float* Bias(in ConvParameters w) => w.HasBias ? Parameters(w.Storage) + w.Bias : null;

    public float* Parameters(ParameterStorage storage) =>
        storage == ParameterStorage.Folded ? Model.Folded.Pointer : Model.Parameters.Pointer;

    /// <summary>The version that packed forms of these weights must have.</summary>
    public long Version(in ConvParameters w) => w.Storage == ParameterStorage.Folded ? Model.FoldedVersion : Model.ParametersVersion;

    public void Write(FeatureMap map, ReadOnlySpan<float> source) => source.CopyTo(new Span<float>(Pointer(map), source.Length));

    public void Read(FeatureMap map, Span<float> destination) =>
        new ReadOnlySpan<float>(Pointer(map), destination.Length).CopyTo(destination);

    public void Write(long offset, ReadOnlySpan<float> source) => source.CopyTo(new Span<float>(At(offset), source.Length));

    public void Write(long offset, ReadOnlySpan<int> source) => source.CopyTo(new Span<int>(At(offset), source.Length));

    public void Read(long offset, Span<float> destination) => new ReadOnlySpan<float>(At(offset), destination.Length).CopyTo(destination);

    public void Read(long offset, Span<int> destination) => new ReadOnlySpan<int>(At(offset), destination.Length).CopyTo(destination);

    public void AddTap(string layer, Action<string, FeatureMap> observer) => taps[layer] = observer;

    public void Observe(string layer, FeatureMap value)
    {
        if (taps.Count > 0 && taps.TryGetValue(layer, out var observer))
        {
            // The observer is a user's: it may wait for a detection on another thread.
            var hadTurn = Pool.StepOut();
            try
            {
                observer(layer, value);
            }
            finally
            {
                if (hadTurn)
                {
                    Pool.StepIn();
                }
            }
        }
    }

    public void Dispose()
    {
        Arena.Dispose();
        foreach (var w in workspaces)
        {
            w?.Dispose();
        }
    }

    private float* Workspace(int index, long length)
    {
        NativeBuffer.Grow(ref workspaces[index], length);
        return workspaces[index]!.Pointer;
    }
}
