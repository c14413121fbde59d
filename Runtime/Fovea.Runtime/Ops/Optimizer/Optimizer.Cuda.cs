using Fovea.Cuda;
using Fovea.Ops.Optimizer;
using Fovea.CompilerServices;

namespace Fovea.Ops;

internal readonly unsafe partial struct CudaBackend
{
    private const int OptimizerThreads = 256;

    /// <inheritdoc cref="IBackend.GradientNorm"/>
    /// <remarks>Of gradients without the loss scale; waits for the device. The optimiser's steps that follow do not clip.</remarks>
    public double GradientNorm(ParameterRange range)
    {
        ClipGradients(range, 0);
        double square;
        context.Driver.CopyToHost((nint)(&square), context.StepState.SquaredNorm.Address, sizeof(double), context.Stream);
        context.Driver.SynchronizeStream(context.Stream);
        return Math.Sqrt(square) / context.LossScale;
    }

    /// <summary>
    /// Leaves in the step's state √Σ g²'s square, whether it is finite and the factor that the optimiser's steps multiply g by: what keeps
    /// the norm at <paramref name="maxNorm"/> (0: no clipping) and takes the loss scale out.
    /// The host learns nothing, so it can be captured.
    /// </summary>
    public void ClipGradients(ParameterRange range, double maxNorm)
    {
        var shape = context.Spread(range.Length, 4);
        var partials = new DevicePointer<double>(context.Workspace(shape.Grid.Count * sizeof(double)));
        context.Kernels.SquaredNorm.Launch(shape, context.Model.Gradients, range.Offset, range.Length, partials);
        context.Kernels.ClipFactor.Launch(
            context.Shape(1, OptimizerThreads), partials, (int)shape.Grid.Count, maxNorm, context.StepState.SquaredNorm,
            context.StepState.Numbers);
    }

    /// <summary>Lets the optimiser's steps do nothing where a loss is not finite; after <see cref="ClipGradients"/>.</summary>
    public void RequireFinite(LossTerm loss) => context.Kernels.CheckFinite.Launch(
        context.Shape(1, OptimizerThreads), context.Floats(loss.Offset), loss.Levels, context.StepState.Numbers);

    /// <inheritdoc cref="IBackend.ScaleGradients"/>
    public void ScaleGradients(ParameterRange range, float factor) =>
        context.Kernels.ScaleGradients.Launch(context.Spread(range.Length, 4), context.Model.Gradients, range.Offset, range.Length, factor);

    /// <inheritdoc cref="IBackend.AccumulateGradients"/>
    /// <remarks>The sum is of gradients without the loss scale. Nothing where those that are there are not finite.</remarks>
    public void AccumulateGradients(ParameterRange range, bool first) => context.Kernels.AccumulateGradients.Launch(
        context.Spread(range.Length, 4), context.StepState.Numbers, context.Model.Gradients, context.Model.GradientSums, first ? 1 : 0,
        range.Offset, range.Length);

    /// <inheritdoc cref="IBackend.MeanGradients"/>
    /// <remarks>The mean has the loss scale of the last batch.</remarks>
    public void MeanGradients(ParameterRange range, int batches) => context.Kernels.MeanGradients.Launch(
        context.Spread(range.Length, 4), context.StepState.Numbers, context.Model.Gradients, context.Model.GradientSums, batches,
        range.Offset, range.Length);

    /// <inheritdoc cref="IBackend.SgdStep"/>
    /// <remarks>See <see cref="CudaContext.IsCapturing"/> and <see cref="CudaContext.IsReplaying"/>.</remarks>
    public void SgdStep(ParameterRange range, in SgdRule rule)
    {
        context.Model.EnsureMoments(rule.Momentum != 0 ? 1 : 0);
        var numbers = context.OptimizerRules.Add(
            [rule.LearningRate, rule.Momentum, rule.WeightDecay, rule.Nesterov ? 1 : 0, rule.First ? 1 : 0], !context.IsCapturing);
        if (context.IsReplaying)
        {
            return;
        }

        var model = context.Model;
        context.Kernels.SgdStep.Launch(
            context.Spread(range.Length, 4), numbers, context.StepState.Numbers, model.Parameters, model.Gradients,
            rule.Momentum != 0 ? model.FirstMoment : default, Copies, range.Offset, range.Length);
    }

    /// <inheritdoc cref="IBackend.AdamStep"/>
    /// <remarks>See <see cref="CudaContext.IsCapturing"/> and <see cref="CudaContext.IsReplaying"/>.</remarks>
    public void AdamStep(ParameterRange range, in AdamRule rule)
    {
        context.Model.EnsureMoments(rule.AmsGrad ? 3 : 2);
        var f = new AdamFactors(rule);
        var numbers = context.OptimizerRules.Add(
            [f.Beta1, f.Beta2, f.OneMinusBeta1, f.OneMinusBeta2, f.StepSize, f.SecondCorrection, f.Epsilon, f.Shrink, f.Decay],
            !context.IsCapturing);
        if (context.IsReplaying)
        {
            return;
        }

        var model = context.Model;
        context.Kernels.AdamStep.Launch(
            context.Spread(range.Length, 4), numbers, context.StepState.Numbers, model.Parameters, model.Gradients, model.FirstMoment,
            model.SecondMoment, rule.AmsGrad ? model.GreatestSecondMoment : default, Copies, range.Offset, range.Length);
    }

    /// <inheritdoc cref="IBackend.AverageParameters"/>
    /// <remarks>See <see cref="CudaContext.IsCapturing"/> and <see cref="CudaContext.IsReplaying"/>.</remarks>
    public void AverageParameters(ParameterRange range, float rate) =>
        Average(context.Model.AveragedParameters, context.Model.Parameters, range, rate);

    /// <inheritdoc cref="IBackend.AverageStatistics"/>
    /// <remarks>See <see cref="CudaContext.IsCapturing"/> and <see cref="CudaContext.IsReplaying"/>.</remarks>
    public void AverageStatistics(ParameterRange range, float rate) =>
        Average(context.Model.AveragedStatistics, context.Model.Statistics, range, rate);

    private void Average(DevicePointer<float> averages, DevicePointer<float> values, ParameterRange range, float rate)
    {
        var numbers = context.OptimizerRules.Add([rate], !context.IsCapturing);
        if (!context.IsReplaying)
        {
            context.Kernels.AverageWeights.Launch(
                context.Spread(range.Length, 4), numbers, context.StepState.Numbers, values, averages, range.Offset, range.Length);
        }
    }

    /// <summary>The parameters in the network's precision; null where they are the masters themselves.</summary>
    private DevicePointer<Value> Copies => context.Model.IsNarrow ? context.Model.ParameterValues : default;
}
