using Fovea.CompilerServices;

namespace Fovea.Training;

/// <summary>Layer-wise learning rates: the earlier a stage of the backbone, the more slowly it learns.</summary>
internal static class LayerRates
{
    private const string Backbone = "backbone.body.";
    private const int Stages = 4;

    /// <summary>One group for each stage that learns, and one for the stem; none where all learn alike.</summary>
    /// <param name="model">Whose keys are torchvision's.</param>
    /// <param name="decay">From a stage to the one before it, greater than 0, at most 1.</param>
    /// <param name="rate">Of the whole backbone, 0 or more.</param>
    public static IEnumerable<ParameterGroup> Of(ModelDescription model, double decay, double rate = 1)
    {
        if (decay == 1 && rate == 1)
        {
            yield break;
        }

        // The stem last: its prefix fits every stage, and the first group that fits counts.
        for (var stage = Stages; stage >= 0; stage--)
        {
            var prefix = stage > 0 ? $"{Backbone}layer{stage}." : Backbone;
            if (model.Tensors.Any(t => t.Storage == TensorStorage.Trainable && t.Key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                yield return new ParameterGroup(prefix) { LearningRateFactor = rate * Math.Pow(decay, Stages + 1 - stage) };
            }
        }
    }
}
