using Fovea.Cpu;
using Fovea.Ops;
using Fovea.CompilerServices;

namespace Fovea.TestSupport;

/// <summary>The CPU backend over buffers that belong to no network: what rigs and benchmarks of operators begin with.</summary>
internal unsafe class BareCpu : IDisposable
{
    private readonly WorkerPool pool;

    /// <param name="workers">As <see cref="WorkerPool"/> takes them: 0 for all cores.</param>
    /// <param name="arena">Elements of the arena.</param>
    /// <param name="model">How long the buffers are; see <see cref="TestModel"/>.</param>
    /// <param name="kernels">Null: the best that the processor has.</param>
    public BareCpu(int workers, long arena, ModelDescription model, CpuKernelTable? kernels = null)
    {
        pool = new WorkerPool(workers);
        Model = new ModelMemory(model);
        Context = new CpuContext(Model, pool, arena, kernels);
        Backend = new CpuBackend(Context);
    }

    public ModelMemory Model { get; }

    public CpuContext Context { get; }

    public CpuBackend Backend { get; }

    public int Workers => pool.Workers;

    public Span<float> Arena => Context.Arena.Span;

    /// <summary>The map's memory.</summary>
    public Span<float> Values(FeatureMap map) => new(Context.Pointer(map), checked((int)map.Length));

    public void Dispose()
    {
        Context.Dispose();
        Model.Dispose();
        pool.Dispose();
        GC.SuppressFinalize(this);
    }
}
