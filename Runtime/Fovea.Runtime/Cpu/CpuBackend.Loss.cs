using Fovea.Detection;
using Fovea.Ops.BoxLoss;
using Fovea.Ops.FocalLoss;
using Fovea.Tensors;

namespace Fovea.Cpu;

internal readonly unsafe partial struct CpuBackend
{
    /// <summary>
    /// Logits of one task of the focal loss, roughly: small enough to spread, large enough to outweigh the start of a task.
    /// </summary>
    private const int FocalChunk = 1 << 15;

    /// <summary>Anchors of one task of the box loss.</summary>
    private const int BoxLossChunk = 1 << 13;

    /// <inheritdoc cref="Backends.IBackend.FocalLoss"/>
    public void FocalLoss(FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits)
    {
        RequireRows(logits, matches, rule.Classes, nameof(logits));
        RequireRows(dlogits, matches, rule.Classes, nameof(dlogits));
        switch (rule.Gamma)
        {
            case 0:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, default(NoFocusing));
                break;
            case 1:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, default(LinearFocusing));
                break;
            case 2:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, default(SquareFocusing));
                break;
            default:
                FocalLoss(logits, matches, truth, rule, loss, dlogits, new PowerFocusing(rule.Gamma));
                break;
        }
    }

    /// <inheritdoc cref="Backends.IBackend.BoxLoss"/>
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

        var chunks = (matches.Anchors + BoxLossChunk - 1) / BoxLossChunk;
        var tasks = matches.Images * chunks;
        var partial = (double*)context.SharedWorkspace(2L * tasks);
        var job = new BoxLossJob(new BoxLossJob.Operands
        {
            Deltas = (BoxDeltas*)context.Pointer(deltas),
            Gradients = (BoxDeltas*)context.Pointer(ddeltas),
            Anchors = (Box*)context.At(anchors.Offset),
            Matches = (int*)context.At(matches.Offset),
            Truths = (Box*)context.At(truth.Boxes),
            Weights = context.At(truth.LossWeights),
            Capacity = truth.Capacity,
            Count = matches.Anchors,
            ChunkLength = BoxLossChunk,
            Chunks = chunks,
            Rule = rule,
            Partial = partial,
        });
        context.Pool.Run(tasks, ref job);
        *context.At(loss.Offset) = SumInOrder(partial, tasks);
    }

    private void FocalLoss<TFocusing>(
        FeatureMap logits, MatchMap matches, GroundTruthMap truth, in FocalRule rule, LossTerm loss, FeatureMap dlogits, TFocusing focusing)
        where TFocusing : struct, IFocusing
    {
        var chunkLength = Math.Max(1, FocalChunk / rule.Classes);
        var chunks = (matches.Anchors + chunkLength - 1) / chunkLength;
        var tasks = matches.Images * chunks;
        var partial = (double*)context.SharedWorkspace(2L * tasks);
        var operands = new FocalJob<TFocusing>.Operands
        {
            Logits = context.Pointer(logits),
            Gradients = context.Pointer(dlogits),
            Matches = (int*)context.At(matches.Offset),
            Classes = (int*)context.At(truth.Classes),
            Weights = context.At(truth.LossWeights),
            Capacity = truth.Capacity,
            Anchors = matches.Anchors,
            ChunkLength = chunkLength,
            Chunks = chunks,
            Rule = rule,
            Partial = partial,
        };
        var job = new FocalJob<TFocusing>(operands, focusing);
        context.Pool.Run(tasks, ref job);
        *context.At(loss.Offset) = SumInOrder(partial, tasks);
    }

    private static float SumInOrder(double* values, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += values[i];
        }

        return (float)sum;
    }

    /// <summary>Fails unless the map is [N, anchors, width] for the matches' N and anchors.</summary>
    private static void RequireRows(FeatureMap map, MatchMap matches, int width, string name)
    {
        if (map.Images != matches.Images || (long)map.Height * map.Width * map.Channels != (long)matches.Anchors * width)
        {
            throw new ArgumentException($"{name} is {map}, expected {matches.Images} images of {matches.Anchors} anchors × {width}.", name);
        }
    }
}
