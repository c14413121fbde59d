using Fovea.Cpu;
using Fovea.Ops.Optimizer;
using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="IBackend.GradientNorm"/>
    public double GradientNorm(ParameterRange range)
    {
        var split = TaskSplit.For(range.Length, 1);
        var partials = (double*)context.SharedWorkspace(2L * Math.Max(1, split.Count));
        var job = new SquaredNormJob { Split = split, G = context.Model.Gradients.Pointer + range.Offset, Partials = partials };
        context.Pool.Run(split.Count, ref job);
        double sum = 0;
        for (var i = 0; i < split.Count; i++)
        {
            sum += partials[i];
        }

        return Math.Sqrt(sum);
    }

    /// <inheritdoc cref="IBackend.ScaleGradients"/>
    public void ScaleGradients(ParameterRange range, float factor)
    {
        var job = new ScaleJob
        {
            Split = TaskSplit.For(range.Length, 1),
            G = context.Model.Gradients.Pointer + range.Offset,
            Factor = factor,
        };
        context.Pool.Run(job.Split.Count, ref job);
    }

    /// <inheritdoc cref="IBackend.AccumulateGradients"/>
    public void AccumulateGradients(ParameterRange range, bool first)
    {
        var model = context.Model;
        var job = new AccumulateJob
        {
            Split = TaskSplit.For(range.Length, 1),
            G = model.Gradients.Pointer + range.Offset,
            Sum = model.GradientSums.Pointer + range.Offset,
            First = first,
        };
        context.Pool.Run(job.Split.Count, ref job);
    }

    /// <inheritdoc cref="IBackend.MeanGradients"/>
    public void MeanGradients(ParameterRange range, int batches)
    {
        var model = context.Model;
        var job = new MeanJob
        {
            Split = TaskSplit.For(range.Length, 1),
            G = model.Gradients.Pointer + range.Offset,
            Sum = model.GradientSums.Pointer + range.Offset,
            Batches = batches,
        };
        context.Pool.Run(job.Split.Count, ref job);
    }

    /// <inheritdoc cref="IBackend.SgdStep"/>
    public void SgdStep(ParameterRange range, in SgdRule rule)
    {
        var model = context.Model;
        model.EnsureMoments(rule.Momentum != 0 ? 1 : 0);
        var job = new SgdJob
        {
            Split = TaskSplit.For(range.Length, 1),
            Rule = rule,
            P = model.Parameters.Pointer + range.Offset,
            G = model.Gradients.Pointer + range.Offset,
            Buffer = model.FirstMoment is { } buffer ? buffer.Pointer + range.Offset : null,
        };
        context.Pool.Run(job.Split.Count, ref job);
        model.ParametersChanged();
    }

    /// <inheritdoc cref="IBackend.AdamStep"/>
    public void AdamStep(ParameterRange range, in AdamRule rule)
    {
        context.Model.EnsureMoments(rule.AmsGrad ? 3 : 2);
        if (rule.AmsGrad)
        {
            RunAdam<On>(range, rule);
        }
        else
        {
            RunAdam<Off>(range, rule);
        }

        context.Model.ParametersChanged();
    }

    /// <inheritdoc cref="IBackend.AverageParameters"/>
    public void AverageParameters(ParameterRange range, float rate) =>
        Average(context.Model.AveragedParameters, context.Model.Parameters, range, rate);

    /// <inheritdoc cref="IBackend.AverageStatistics"/>
    public void AverageStatistics(ParameterRange range, float rate) =>
        Average(context.Model.AveragedStatistics, context.Model.Statistics, range, rate);

    private void Average(NativeBuffer averages, NativeBuffer values, ParameterRange range, float rate)
    {
        var job = new AverageJob
        {
            Split = TaskSplit.For(range.Length, 1),
            A = averages.Pointer + range.Offset,
            W = values.Pointer + range.Offset,
            Rate = rate,
        };
        context.Pool.Run(job.Split.Count, ref job);
    }

    private void RunAdam<TAmsGrad>(ParameterRange range, in AdamRule rule)
        where TAmsGrad : struct, IFlag
    {
        var model = context.Model;
        var job = new AdamJob<TAmsGrad>
        {
            Split = TaskSplit.For(range.Length, 1),
            Factors = new AdamFactors(rule),
            P = model.Parameters.Pointer + range.Offset,
            G = model.Gradients.Pointer + range.Offset,
            First = model.FirstMoment!.Pointer + range.Offset,
            Second = model.SecondMoment!.Pointer + range.Offset,
            Greatest = TAmsGrad.On ? model.GreatestSecondMoment!.Pointer + range.Offset : null,
        };
        context.Pool.Run(job.Split.Count, ref job);
    }
}
