using Fovea.Cpu;
using Fovea.Ops.Norm;
using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.BatchNorm"/>
    public void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize<Off, Off>(x, p, stats, default, y);

    /// <inheritdoc cref="IBackend.BatchNormRelu"/>
    public void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize<Off, On>(x, p, stats, default, y);

    /// <inheritdoc cref="IBackend.BatchNormAddRelu"/>
    public void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        Normalize<On, On>(x, p, stats, residual, y);

    /// <inheritdoc cref="IBackend.BatchNormBackward"/>
    public void BatchNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward<Off>(x, p, stats, default, dy, d, dx);

    /// <inheritdoc cref="IBackend.BatchNormReluBackward"/>
    public void BatchNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward<On>(x, p, stats, y, dy, d, dx);

    /// <inheritdoc cref="IBackend.GroupNorm"/>
    public void GroupNorm(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        Normalize<Off, Off>(x, p, stats, default, y);

    /// <inheritdoc cref="IBackend.GroupNormRelu"/>
    public void GroupNormRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y) =>
        Normalize<Off, On>(x, p, stats, default, y);

    /// <inheritdoc cref="IBackend.GroupNormAddRelu"/>
    public void GroupNormAddRelu(PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y) =>
        Normalize<On, On>(x, p, stats, residual, y);

    /// <inheritdoc cref="IBackend.GroupNormBackward"/>
    public void GroupNormBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        NormalizeBackward<Off>(x, p, stats, default, dy, d, dx);

    /// <inheritdoc cref="IBackend.GroupNormReluBackward"/>
    public void GroupNormReluBackward(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx) =>
        NormalizeBackward<On>(x, p, stats, y, dy, d, dx);

    /// <summary>Two passes over memory: sums, then apply. Nothing to do on an empty map.</summary>
    private void Normalize<TAdd, TRelu>(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap residual, PyramidMap y)
        where TAdd : struct, IFlag
        where TRelu : struct, IFlag
    {
        var work = WorkspacesOf(x, p);
        var sums = default(PyramidJob<NormSumsJob<Off, Off>>);
        for (var level = 0; level < x.Levels; level++)
        {
            var shape = work[level].Shape;
            sums.Add(new() { Shape = shape, Split = shape.Split, X = context.Pointer(x[level]), Partials = work[level].Partials });
        }

        sums.Run(context.Pool);
        var parameters = context.Model.Parameters.Pointer;
        var apply = default(PyramidJob<NormApplyJob<TAdd, TRelu>>);
        for (var level = 0; level < x.Levels && x[level].Length > 0; level++)
        {
            work[level].Combine();
            work[level].FinishForward(parameters + p.Scale, p.Epsilon, context.At(stats[level].Offset));
            if (p.Mean >= 0)
            {
                var running = context.Model.Statistics.Pointer;
                work[level].UpdateRunning(p.Momentum, running + p.Mean, running + p.Variance);
                context.Model.StatisticsChanged();
            }

            apply.Add(new()
            {
                Shape = work[level].Shape,
                Split = work[level].Shape.Split,
                X = context.Pointer(x[level]),
                Residual = TAdd.On ? context.Pointer(residual[level]) : null,
                Y = context.Pointer(y[level]),
                Mean = work[level].Mean,
                Scale = work[level].A,
                Shift = parameters + p.Shift,
            });
        }

        apply.Run(context.Pool);
    }

    /// <summary>
    /// Two passes over memory: sums, then dx. An empty map has gradients 0. Levels add to dγ and dβ from the coarsest to the finest.
    /// </summary>
    private void NormalizeBackward<TMasked>(
        PyramidMap x, in NormParameters p, NormStatisticsMap stats, PyramidMap y, PyramidMap dy, in NormGradients d, PyramidMap dx)
        where TMasked : struct, IFlag
    {
        var work = WorkspacesOf(x, p);
        var sums = default(PyramidJob<NormSumsJob<On, TMasked>>);
        for (var level = 0; level < x.Levels; level++)
        {
            work[level].SpreadMeans(context.At(stats[level].Offset));
            sums.Add(new()
            {
                Shape = work[level].Shape,
                Split = work[level].Shape.Split,
                X = context.Pointer(x[level]),
                Dy = context.Pointer(dy[level]),
                Y = TMasked.On ? context.Pointer(y[level]) : null,
                Mean = work[level].Mean,
                Partials = work[level].Partials,
            });
        }

        sums.Run(context.Pool);
        var apply = default(PyramidJob<NormGradientJob<TMasked>>);
        for (var level = x.Levels - 1; level >= 0; level--)
        {
            var kept = context.At(stats[level].Offset);
            work[level].Combine();
            work[level].WriteGradients(level == x.Levels - 1 ? d : d.Accumulating, context.Model.Gradients.Pointer, kept);
            work[level].FinishBackward(context.Model.Parameters.Pointer + p.Scale, kept);
            apply.Add(new()
            {
                Shape = work[level].Shape,
                Split = work[level].Shape.Split,
                X = context.Pointer(x[level]),
                Dy = context.Pointer(dy[level]),
                Y = TMasked.On ? context.Pointer(y[level]) : null,
                Dx = context.Pointer(dx[level]),
                Mean = work[level].Mean,
                A = work[level].A,
                B = work[level].B,
                C = work[level].C,
            });
        }

        apply.Run(context.Pool);
    }

    /// <summary>The levels' workspaces, one behind the other in the session's shared memory.</summary>
    private PerLevel<NormWorkspace> WorkspacesOf(PyramidMap x, in NormParameters p)
    {
        var length = 0L;
        for (var level = 0; level < x.Levels; level++)
        {
            length += NormWorkspace.Length(NormShape.Of(x[level], p));
        }

        var memory = context.SharedWorkspace(length);
        var work = default(PerLevel<NormWorkspace>);
        for (var level = 0; level < x.Levels; level++)
        {
            var shape = NormShape.Of(x[level], p);
            work[level] = new NormWorkspace(memory, shape);
            memory += NormWorkspace.Length(shape);
        }

        return work;
    }
}
