using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>The gradient of a convolution's weights on one level of a pyramid, in the form that suits its size.</summary>
internal readonly struct WeightGradientLevel
{
    private const int CacheLine = 16;

    public WeightGradientLevel(FeatureMap x, in ConvParameters w, FeatureMap dy, CpuKernelTable kernels)
    {
        (X, Dy) = (x, dy);
        IsWinograd = WinogradWeightGradientPlan.Applies(w, dy, kernels);
        if (IsWinograd)
        {
            Winograd = new WinogradWeightGradientPlan(x, dy, w, kernels);
        }
        else
        {
            Direct = new ConvWeightGradientPlan(ConvGeometry.Forward(x, w, dy, kernels.TileColumns), kernels);
        }
    }

    public FeatureMap X { get; }

    public FeatureMap Dy { get; }

    /// <summary>Which of the two plans there is.</summary>
    public bool IsWinograd { get; }

    public WinogradWeightGradientPlan Winograd { get; }

    public ConvWeightGradientPlan Direct { get; }

    /// <summary>Elements that its workers share, whole cache lines.</summary>
    public long SharedLength =>
        ((IsWinograd ? Winograd.SharedLength : Direct.PartialLength) + CacheLine - 1) / CacheLine * CacheLine;

    /// <summary>Elements that a worker needs.</summary>
    public long WorkspaceLength => IsWinograd ? WinogradGradientTransformJob.WorkspaceLength(Winograd) : Direct.WorkspaceLength;

    /// <summary>Turns of transforming and multiplying.</summary>
    public int Chunks => IsWinograd ? Winograd.Chunks : 0;
}

/// <summary>
/// The gradient of a convolution's weights on some levels of a pyramid: the sums of all levels as common lists of tasks, then the levels one
/// after the other into dw and db, so that the result is the same as that of a call for each level.
/// </summary>
/// <param name="context">The session's.</param>
/// <param name="shared">Room for all levels.</param>
/// <param name="wantsBias">Whether db is asked for.</param>
internal unsafe struct WeightGradientJobs(CpuContext context, float* shared, bool wantsBias)
{
    private readonly CpuContext context = context;
    private readonly bool wantsBias = wantsBias;
    private float* free = shared;
    private PerLevel<WeightGradientLevel> levels;
    private PerLevel<nint> sums;
    private int count;

    /// <summary>A further level, in the order in which they are added up.</summary>
    public void Add(in WeightGradientLevel level)
    {
        levels[count] = level;
        sums[count++] = (nint)free;
        free += level.SharedLength;
    }

    /// <summary>The sums of all levels.</summary>
    public readonly void Run()
    {
        var direct = default(PyramidJob<ConvWeightGradientJob>);
        var bias = default(PyramidJob<WinogradGradientBiasJob>);
        var (workspace, chunks) = (0L, 0);
        for (var i = 0; i < count; i++)
        {
            workspace = Math.Max(workspace, levels[i].WorkspaceLength);
            chunks = Math.Max(chunks, levels[i].Chunks);
            if (!levels[i].IsWinograd)
            {
                direct.Add(new ConvWeightGradientJob(context, levels[i].Direct, levels[i].X, levels[i].Dy, Sums(i), wantsBias));
            }
            else if (wantsBias)
            {
                bias.Add(new WinogradGradientBiasJob(context, levels[i].Winograd, Sums(i)));
            }
        }

        context.ReserveWorkspaces(workspace);
        PyramidJob<ConvWeightGradientJob, WinogradGradientBiasJob>.Run(context.Pool, ref direct, ref bias);
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            RunChunk(chunk);
        }
    }

    /// <summary>Level by level, the first overwriting dw and db or adding to them as <paramref name="d"/> says.</summary>
    public readonly void Reduce(ConvGradients d)
    {
        var dw = context.Model.Gradients.Pointer + d.Weight;
        var db = wantsBias ? context.Model.Gradients.Pointer + d.Bias : null;
        for (var i = 0; i < count; i++, d = d.Accumulating)
        {
            if (levels[i].IsWinograd)
            {
                var filter = new WinogradGradientFilterJob(context, levels[i].Winograd, Sums(i), dw, db, d.Accumulate);
                context.Pool.Run(levels[i].Winograd.Strips, ref filter);
            }
            else
            {
                var reduction = new ConvWeightGradientReduction(levels[i].Direct, Sums(i), dw, db, d.Accumulate);
                context.Pool.Run(reduction.Tasks, ref reduction);
            }
        }
    }

    private readonly void RunChunk(int chunk)
    {
        var transform = default(PyramidJob<WinogradGradientTransformJob>);
        var multiply = default(PyramidJob<WinogradGradientMultiplyJob>);
        for (var i = 0; i < count; i++)
        {
            if (chunk < levels[i].Chunks)
            {
                transform.Add(new WinogradGradientTransformJob(context, levels[i].Winograd, Sums(i), chunk));
                multiply.Add(new WinogradGradientMultiplyJob(context, levels[i].Winograd, Sums(i), chunk));
            }
        }

        transform.Run(context.Pool);
        multiply.Run(context.Pool);
    }

    private readonly float* Sums(int level) => (float*)sums[level];
}
