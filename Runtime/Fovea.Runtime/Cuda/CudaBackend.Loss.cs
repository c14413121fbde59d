using Fovea.Detection;
using Fovea.Tensors;

namespace Fovea.Cuda;

internal readonly partial struct CudaBackend
{
    private const int LossThreads = 256;

    /// <inheritdoc cref="Backends.IBackend.FocalLoss"/>
    /// <remarks>The gradient is multiplied by <see cref="CudaContext.LossScale"/>, the loss is not.</remarks>
    public void FocalLoss(FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits)
    {
        RequireRows(logits, matches, rule.Classes, nameof(logits));
        RequireRows(dlogits, matches, rule.Classes, nameof(dlogits));
        using var operation = context.Enter(
            context.KindOf(logits), [context.Range(logits)], [context.Range(dlogits), context.Records(loss.Offset, 1)]);
        var shape = context.Spread(logits.Length, 8);
        var partials = Partials(shape);
        var (positive, negative) = rule.Alpha < 0 ? (1, 1) : (rule.Alpha, 1 - (double)rule.Alpha);
        context.Kernels.FocalLoss.Launch(
            shape, context.Values(logits), context.Ints(matches.Offset), context.Ints(truth.Classes), context.Floats(truth.LossWeights),
            matches.Images, matches.Anchors, truth.Capacity, rule.Classes, rule.Gamma switch { 0 => 0, 1 => 1, 2 => 2, _ => 3 }, rule.Gamma,
            positive * rule.Weight, (float)(negative * rule.Weight), context.StepState.Numbers, context.Values(dlogits), partials);
        Total(partials, shape, loss);
    }

    /// <inheritdoc cref="Backends.IBackend.BoxLoss"/>
    /// <remarks>The gradient is multiplied by <see cref="CudaContext.LossScale"/>, the loss is not.</remarks>
    public void BoxLoss(
        FeatureMap deltas, AnchorMap anchors, MatchMap matches, GroundTruthMap truth, in BoxLossRule rule, LossTerm loss,
        FeatureMap ddeltas)
    {
        RequireRows(deltas, matches, 4, nameof(deltas));
        RequireRows(ddeltas, matches, 4, nameof(ddeltas));
        if (anchors.Count != matches.Anchors)
        {
            throw new ArgumentException($"{anchors.Count} anchors, but matches for {matches.Anchors}.", nameof(anchors));
        }

        using var operation = context.Enter(
            context.KindOf(deltas), [context.Range(deltas)], [context.Range(ddeltas), context.Records(loss.Offset, 1)]);
        var shape = ImagesOfAnchors(matches.Anchors, matches.Images);
        var partials = Partials(shape);
        context.Kernels.BoxLoss.Launch(
            shape, context.Values(deltas), context.Floats(anchors.Offset), context.Ints(matches.Offset), context.Floats(truth.Boxes),
            context.Floats(truth.LossWeights), matches.Anchors, truth.Capacity, (int)rule.Kind, rule.Beta, rule.Weight,
            context.StepState.Numbers, context.Values(ddeltas), partials);
        Total(partials, shape, loss);
    }

    /// <summary>Fails unless the map is [N, anchors, width] for the matches' N and anchors.</summary>
    private static void RequireRows(FeatureMap map, MatchMap matches, int width, string name)
    {
        if (map.Images != matches.Images || (long)map.Height * map.Width * map.Channels != (long)matches.Anchors * width)
        {
            throw new ArgumentException($"{name} is {map}, expected {matches.Images} images of {matches.Anchors} anchors × {width}.", name);
        }
    }

    /// <summary>A double for each block, in the workspace.</summary>
    private DevicePointer<double> Partials(in LaunchShape shape) => new(context.Workspace(shape.Grid.Count * sizeof(double)));

    private void Total(DevicePointer<double> partials, in LaunchShape shape, LossTerm loss) =>
        context.Kernels.LossTotal.Launch(context.Shape(1, LossThreads), partials, (int)shape.Grid.Count, context.Floats(loss.Offset));
}
