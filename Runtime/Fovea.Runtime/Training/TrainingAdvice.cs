using Fovea.CompilerServices;
using Fovea.Devices;

namespace Fovea.Training;

/// <summary>Choices that are allowed and yet seldom meant, told before the first step.</summary>
internal static class TrainingAdvice
{
    /// <summary>One sentence each, with what to do.</summary>
    public static IEnumerable<string> Of(DeviceModel model, TrainerOptions options)
    {
        var description = model.Program.Description;
        if (!model.HasOwnWeights && description.FrozenBatchNorm)
        {
            yield return $"{description.Name} has random weights and frozen batch norms, which leave activations as large as random weights make them: "
                + "it will hardly learn. Load weights, or declare [Backbone(Norm = …)] with norms that learn.";
        }

        if (!model.HasOwnWeights && description.Tensors.Any(t => t.Storage == TensorStorage.Frozen && t.Role == TensorRole.ConvWeight))
        {
            yield return $"{description.Name} has random weights, and stages that are frozen will keep theirs: load weights, or declare "
                + "[Backbone(FrozenStages = 0)].";
        }

        if (options.LayerDecay < 1 && !model.HasOwnWeights)
        {
            yield return "LayerDecay slows the backbone, which is meant for pretrained weights: these are random.";
        }
    }
}
