using Fovea.Cpu;
using Fovea.Ops.Norm;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.BatchNorm"/>
    public void BatchNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize<Off, Off>(NormShape.Batch(x), x, p, stats, default, y);

    /// <inheritdoc cref="Backends.IBackend.BatchNormRelu"/>
    public void BatchNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize<Off, On>(NormShape.Batch(x), x, p, stats, default, y);

    /// <inheritdoc cref="Backends.IBackend.BatchNormAddRelu"/>
    public void BatchNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        Normalize<On, On>(NormShape.Batch(x), x, p, stats, residual, y);

    /// <inheritdoc cref="Backends.IBackend.BatchNormBackward"/>
    public void BatchNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward<Off>(NormShape.Batch(x), x, p, stats, default, dy, d, dx);

    /// <inheritdoc cref="Backends.IBackend.BatchNormReluBackward"/>
    public void BatchNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward<On>(NormShape.Batch(x), x, p, stats, y, dy, d, dx);

    /// <inheritdoc cref="Backends.IBackend.GroupNorm"/>
    public void GroupNorm(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize<Off, Off>(NormShape.Group(x, p.Groups), x, p, stats, default, y);

    /// <inheritdoc cref="Backends.IBackend.GroupNormRelu"/>
    public void GroupNormRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y) =>
        Normalize<Off, On>(NormShape.Group(x, p.Groups), x, p, stats, default, y);

    /// <inheritdoc cref="Backends.IBackend.GroupNormAddRelu"/>
    public void GroupNormAddRelu(FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y) =>
        Normalize<On, On>(NormShape.Group(x, p.Groups), x, p, stats, residual, y);

    /// <inheritdoc cref="Backends.IBackend.GroupNormBackward"/>
    public void GroupNormBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward<Off>(NormShape.Group(x, p.Groups), x, p, stats, default, dy, d, dx);

    /// <inheritdoc cref="Backends.IBackend.GroupNormReluBackward"/>
    public void GroupNormReluBackward(
        FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap y, FeatureMap dy, in NormGradients d, FeatureMap dx) =>
        NormalizeBackward<On>(NormShape.Group(x, p.Groups), x, p, stats, y, dy, d, dx);

    /// <summary>Two passes over memory: sums, then apply. Nothing to do on an empty map.</summary>
    private void Normalize<TAdd, TRelu>(
        NormShape shape, FeatureMap x, in NormParameters p, NormStatisticsMap stats, FeatureMap residual, FeatureMap y)
        where TAdd : struct, IFlag
        where TRelu : struct, IFlag
    {
        if (x.Length == 0)
        {
            return;
        }

        var work = new NormWorkspace(context, shape);
        var sums = new NormSumsJob<Off, Off> { Shape = shape, Split = shape.Split, X = context.Pointer(x), Partials = work.Partials };
        context.Pool.Run(work.Tasks, ref sums);
        work.Combine();

        var parameters = context.Model.Parameters.Pointer;
        work.FinishForward(parameters + p.Scale, p.Epsilon, context.At(stats.Offset));
        if (p.Mean >= 0)
        {
            var running = context.Model.Statistics.Pointer;
            work.UpdateRunning(p.Momentum, running + p.Mean, running + p.Variance);
            context.Model.StatisticsChanged();
        }

        var apply = new NormApplyJob<TAdd, TRelu>
        {
            Shape = shape,
            Split = shape.Split,
            X = context.Pointer(x),
            Residual = TAdd.On ? context.Pointer(residual) : null,
            Y = context.Pointer(y),
            Mean = work.Mean,
            Scale = work.A,
            Shift = parameters + p.Shift,
        };
        context.Pool.Run(work.Tasks, ref apply);
    }

    /// <summary>Two passes over memory: sums, then dx. An empty map has gradients 0.</summary>
    private void NormalizeBackward<TMasked>(
        NormShape shape,
        FeatureMap x,
        in NormParameters p,
        NormStatisticsMap stats,
        FeatureMap y,
        FeatureMap dy,
        in NormGradients d,
        FeatureMap dx)
        where TMasked : struct, IFlag
    {
        var work = new NormWorkspace(context, shape);
        var kept = context.At(stats.Offset);
        work.SpreadMeans(kept);
        var sums = new NormSumsJob<On, TMasked>
        {
            Shape = shape,
            Split = shape.Split,
            X = context.Pointer(x),
            Dy = context.Pointer(dy),
            Y = TMasked.On ? context.Pointer(y) : null,
            Mean = work.Mean,
            Partials = work.Partials,
        };
        context.Pool.Run(work.Tasks, ref sums);
        work.Combine();
        work.WriteGradients(d, context.Model.Gradients.Pointer, kept);
        work.FinishBackward(context.Model.Parameters.Pointer + p.Scale, kept);

        var apply = new NormGradientJob<TMasked>
        {
            Shape = shape,
            Split = shape.Split,
            X = context.Pointer(x),
            Dy = context.Pointer(dy),
            Y = TMasked.On ? context.Pointer(y) : null,
            Dx = context.Pointer(dx),
            Mean = work.Mean,
            A = work.A,
            B = work.B,
            C = work.C,
        };
        context.Pool.Run(work.Tasks, ref apply);
    }
}
