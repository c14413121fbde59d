using Fovea.Cuda;
using Fovea.Ops.Norm;
using Fovea.CompilerServices;

namespace Fovea.Ops;

/// <content>
/// Batch and group normalisation; the kernels are in norm.cu. Contract and references: <c>Ops/BatchNorm</c>, <c>Ops/GroupNorm</c>.
/// </content>
internal readonly partial struct CudaBackend
{
    private const int NormThreads = 256;
    private const int SmallThreads = 128;

    /// <inheritdoc cref="IBackend.BatchNorm"/>
    public void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize(x, p, stats, default, y, relu: false);

    /// <inheritdoc cref="IBackend.BatchNormRelu"/>
    public void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize(x, p, stats, default, y, relu: true);

    /// <inheritdoc cref="IBackend.BatchNormAddRelu"/>
    public void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        Normalize(x, p, stats, residual, y, relu: true);

    /// <inheritdoc cref="IBackend.BatchNormBackward"/>
    public void BatchNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward(x, p, stats, default, dy, d, dx);

    /// <inheritdoc cref="IBackend.BatchNormReluBackward"/>
    public void BatchNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward(x, p, stats, y, dy, d, dx);

    /// <inheritdoc cref="IBackend.GroupNorm"/>
    public void GroupNorm(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        Normalize(x, p, stats, default, y, relu: false);

    /// <inheritdoc cref="IBackend.GroupNormRelu"/>
    public void GroupNormRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        Normalize(x, p, stats, default, y, relu: true);

    /// <inheritdoc cref="IBackend.GroupNormAddRelu"/>
    public void GroupNormAddRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y) =>
        Normalize(x, p, stats, residual, y, relu: true);

    /// <inheritdoc cref="IBackend.GroupNormBackward"/>
    public void GroupNormBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        NormalizeBackward(x, p, stats, default, dy, d, dx);

    /// <inheritdoc cref="IBackend.GroupNormReluBackward"/>
    public void GroupNormReluBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        NormalizeBackward(x, p, stats, y, dy, d, dx);

    private void Normalize(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y, bool relu)
    {
        for (var level = 0; level < x.Levels; level++)
        {
            NormalizeMap(NormShape.Of(x[level], p), x[level], p, stats[level], At(residual, level), y[level], relu);
        }
    }

    /// <summary>From the coarsest level to the finest, in whose order dγ and dβ are added up.</summary>
    private void NormalizeBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx)
    {
        for (var level = x.Levels - 1; level >= 0; level--)
        {
            var gradients = level == x.Levels - 1 ? d : d.Accumulating;
            NormalizeMapBackward(
                NormShape.Of(x[level], p), x[level], p, stats[level], At(y, level), dy[level], gradients, dx[level]);
        }
    }

    /// <summary>Two passes over memory: sums, then apply. Nothing to do on an empty map.</summary>
    private void NormalizeMap(
        NormShape shape, FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y, bool relu)
    {
        if (x.Length == 0)
        {
            return;
        }

        // Running statistics are no other operation's.
        using var operation = context.Enter(
            context.KindOf(y), [context.Range(x), context.Range(residual)], [context.Range(y), context.Range(stats)]);
        var tiling = Tiling(shape);
        var pass = context.Shape(tiling.Grid, NormThreads);
        var partials = new DevicePointer<double>(context.Workspace(PairBytes(shape) * tiling.Chunks));
        var kept = context.Floats(stats.Offset);
        context.Kernels.NormSums.Launch(pass, context.Values(x), partials, shape.Rows, shape.Channels, tiling.Columns, tiling.ChunkRows);
        context.Kernels.NormStatistics.Launch(
            context.Shape(new Dim3(shape.Groups, shape.Slabs), SmallThreads),
            partials,
            kept,
            CudaContext.Offset(context.Model.Statistics, p.Mean),
            CudaContext.Offset(context.Model.Statistics, p.Variance),
            shape.Rows,
            shape.Channels,
            shape.Groups,
            tiling.Chunks,
            tiling.ChunkRows,
            p.Epsilon,
            p.Momentum);
        context.Kernels.NormApply.Launch(
            pass,
            context.Values(x),
            context.Values(residual),
            kept,
            CudaContext.Offset(context.Model.Parameters, p.Scale),
            CudaContext.Offset(context.Model.Parameters, p.Shift),
            context.Values(y),
            shape.Rows,
            shape.Channels,
            shape.Groups,
            tiling.Columns,
            tiling.ChunkRows,
            relu ? 1 : 0);
    }

    /// <summary>Two passes over memory: sums, then dx. An empty map has gradients 0.</summary>
    private void NormalizeMapBackward(
        NormShape shape,
        FeatureMap x,
        in NormParameters p,
        NormStatisticsMap stats,
        FeatureMap y,
        FeatureMap dy,
        in NormGradients d,
        FeatureMap dx)
    {
        if (x.Length == 0)
        {
            WriteNormGradients(shape with { Slabs = 0 }, p, default, default, d, default);
            return;
        }

        using var operation = context.Enter(
            context.KindOf(dx), [context.Range(x), context.Range(y), context.Range(dy), context.Range(stats)],
            [context.Range(dx), context.Gradients(d.Scale, p.Channels), context.Gradients(d.Shift, p.Channels)]);
        var tiling = Tiling(shape);
        var pass = context.Shape(tiling.Grid, NormThreads);
        var kept = context.Floats(stats.Offset);
        var partialBytes = PairBytes(shape) * tiling.Chunks;
        var coefficientBytes = 2L * shape.Slabs * shape.Groups * sizeof(float);
        var workspace = context.Workspace(partialBytes + PairBytes(shape) + coefficientBytes);
        var partials = new DevicePointer<double>(workspace);
        var sums = new DevicePointer<double>(workspace + partialBytes);
        var coefficients = new DevicePointer<float>(workspace + (partialBytes + PairBytes(shape)));
        var gamma = CudaContext.Offset(context.Model.Parameters, p.Scale);
        var (vx, vy, vdy) = (context.Values(x), context.Values(y), context.Values(dy));

        context.Kernels.NormBackwardSums.Launch(
            pass, vx, vy, vdy, kept, partials, shape.Rows, shape.Channels, shape.Groups, tiling.Columns, tiling.ChunkRows);
        var pairs = (long)shape.Slabs * shape.Channels;
        var warps = SmallThreads / 32;
        context.Kernels.NormChannelSums.Launch(
            context.Shape(checked((int)((pairs + warps - 1) / warps)), SmallThreads), partials, sums, pairs, tiling.Chunks);
        WriteNormGradients(shape, p, sums, kept, d, coefficients);
        context.Kernels.NormBackwardApply.Launch(
            pass,
            vx,
            vy,
            vdy,
            kept,
            gamma,
            coefficients,
            context.Values(dx),
            shape.Rows,
            shape.Channels,
            shape.Groups,
            tiling.Columns,
            tiling.ChunkRows);
    }

    private void WriteNormGradients(
        NormShape shape,
        in NormParameters p,
        DevicePointer<double> sums,
        DevicePointer<float> kept,
        in NormGradients d,
        DevicePointer<float> coefficients)
    {
        var threads = Math.Max(shape.Channels, shape.Slabs * shape.Groups);
        context.Kernels.NormGradients.Launch(
            context.Shape((threads + SmallThreads - 1) / SmallThreads, SmallThreads),
            sums,
            kept,
            CudaContext.Offset(context.Model.Parameters, p.Scale),
            CudaContext.Offset(context.Model.Gradients, d.Scale),
            CudaContext.Offset(context.Model.Gradients, d.Shift),
            coefficients,
            shape.Rows,
            shape.Slabs,
            shape.Channels,
            shape.Groups,
            d.Accumulate ? 1 : 0);
    }

    private NormTiling Tiling(NormShape shape) => new(shape, KernelVariant.BytesOf(context.Kernels.Precision));

    /// <summary>Two numbers in double for each slab and channel, rounded up to 256 bytes.</summary>
    private static long PairBytes(NormShape shape) => ((2L * shape.Slabs * shape.Channels * sizeof(double)) + 255) / 256 * 256;
}
