using System.CommandLine;

namespace Fovea.App.Commands;

/// <summary>What a step and the weights that are kept are means of: <c>--accumulate</c>, <c>--ema</c>, <c>--norm-batches</c>; and
/// <c>--no-validation-loss</c>.</summary>
internal sealed class AveragingOptions
{
    private readonly Option<int> accumulate;
    private readonly Option<double> decay;
    private readonly Option<int> normBatches;
    private readonly Option<bool> noLoss = new("--no-validation-loss")
    {
        Description = "Measure the validation set's AP alone: the losses on it take about as long again.",
    };

    /// <param name="recipe">What holds where an option is not given.</param>
    public AveragingOptions(TrainerOptions recipe)
    {
        accumulate = new Option<int>("--accumulate")
        {
            Description = "Batches in a step: the mean of their gradients moves the weights, at the memory of one.",
            DefaultValueFactory = _ => recipe.AccumulateBatches,
        };
        decay = new Option<double>("--ema")
        {
            Description = "Decay of the weights' moving average, which is evaluated and kept in their place, such as 0.9998; 0: none.",
            DefaultValueFactory = _ => recipe.Averaging?.Decay ?? 0,
        };
        normBatches = new Option<int>("--norm-batches")
        {
            Description = "Training batches from which batch norms' statistics are estimated anew before weights are evaluated; 0: none.",
            DefaultValueFactory = _ => recipe.NormBatches,
        };
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(accumulate);
        command.Add(decay);
        command.Add(normBatches);
        command.Add(noLoss);
    }

    /// <summary>The recipe with what they say.</summary>
    public TrainerOptions Apply(ParseResult parsed, TrainerOptions recipe)
    {
        var given = parsed.GetValue(decay);
        return recipe with
        {
            AccumulateBatches = parsed.GetValue(accumulate),
            Averaging = given == 0 ? null : (recipe.Averaging ?? new WeightAveraging()) with { Decay = given },
            NormBatches = parsed.GetValue(normBatches),
            ValidationLoss = recipe.ValidationLoss && !parsed.GetValue(noLoss),
        };
    }
}
