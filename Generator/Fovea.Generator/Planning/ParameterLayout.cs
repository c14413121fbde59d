using Fovea.Generator.Graph;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Planning;

/// <summary>Where a parameter lies. −1: it has none.</summary>
/// <param name="Main">Weights, or γ.</param>
/// <param name="Second">Bias, or β.</param>
/// <param name="Mean">Running mean, in the statistics.</param>
/// <param name="Variance">Running variance, in the statistics.</param>
/// <param name="FoldedWeight">Weights with the norm folded in, in the folded buffer.</param>
/// <param name="FoldedBias">The bias that the norm gives them.</param>
internal sealed record ParameterPlace(int Main, int Second, int Mean, int Variance, int FoldedWeight, int FoldedBias);

/// <summary>
/// All parameters in one buffer: the learned ones in the order in which backward finishes their gradients, so that the optimiser is one
/// pass and data-parallel buckets are slices; then the frozen ones. Every tensor begins at a multiple of 64 bytes, which vector loads and
/// cuDNN want; the elements between are 0 and have gradient 0. Parameters go by key: the graphs of training and of detection hold objects
/// of their own.
/// </summary>
internal sealed class ParameterLayout
{
    private readonly Dictionary<string, ParameterPlace> places = [];
    private readonly HashSet<string> folded = [];

    public ParameterLayout(ModelGraph training, ModelGraph inference, bool runningNormalizer)
    {
        foreach (var conv in training.Parameters.Concat(inference.Parameters).OfType<ConvWeights>().Where(conv => conv.FoldedNorm != null))
        {
            folded.Add(conv.Key);
        }

        var statistics = 0;
        foreach (var parameter in InBackwardOrder(training))
        {
            Place(parameter);
            TrainableLength = parameter.Frozen ? TrainableLength : Length;
        }

        foreach (var parameter in training.Parameters)
        {
            PlaceDerived(parameter, ref statistics);
        }

        NormalizerState = runningNormalizer ? statistics++ : -1;
        StatisticsLength = statistics;
    }

    /// <summary>Elements of the buffer's learned part.</summary>
    public int TrainableLength { get; }

    public int Length { get; private set; }

    public int StatisticsLength { get; }

    public int FoldedLength { get; private set; }

    /// <summary>Element of the statistics that holds the running mean of foreground anchors, or −1.</summary>
    public int NormalizerState { get; }

    public ParameterPlace this[Parameter parameter] => places[parameter.Key];

    /// <summary>Whether detection or training computes with a folded copy of these weights.</summary>
    public bool IsFolded(Parameter parameter) => folded.Contains(parameter.Key);

    /// <summary>Where the gradient of a convolution's bias goes; a trained norm that is folded into it takes it as its shift's.</summary>
    public int BiasGradient(ConvWeights conv) =>
        conv.FoldedNorm is { } norm ? (norm.Frozen ? -1 : this[norm].Second) : this[conv].Second;

    private static IEnumerable<Parameter> InBackwardOrder(ModelGraph graph)
    {
        var finished = new Dictionary<string, int>();
        for (var i = 0; i < graph.Backward.Count; i++)
        {
            foreach (var gradient in graph.Backward[i].Op.Arguments(graph.Backward[i]).OfType<Operand.WeightGradient>())
            {
                finished[gradient.Parameter.Key] = i;
            }
        }

        return graph.Parameters
            .OrderBy(parameter => parameter.Frozen ? 1 : 0)
            .ThenBy(parameter => !parameter.Frozen && finished.TryGetValue(parameter.Key, out var position) ? position : int.MaxValue);
    }

    private void Place(Parameter parameter)
    {
        var (main, second) = parameter switch
        {
            ConvWeights conv => (checked((int)conv.WeightCount), conv.HasBias ? conv.OutChannels : 0),
            NormWeights norm => (norm.Channels, norm.Channels),
            _ => throw new InvalidOperationException($"{parameter.Key}: a {parameter.GetType().Name} has no place."),
        };
        var behind = checked(Length + (int)Planning.Length.RoundUp(main));
        places.Add(parameter.Key, new(Length, second == 0 ? -1 : behind, -1, -1, -1, -1));
        Length = checked(behind + (int)Planning.Length.RoundUp(second));
    }

    private void PlaceDerived(Parameter parameter, ref int statistics)
    {
        var place = places[parameter.Key];
        if (parameter is NormWeights { HasRunningStatistics: true } norm)
        {
            var length = checked((int)Planning.Length.RoundUp(norm.Channels));
            places[parameter.Key] = place with { Mean = statistics, Variance = statistics + length };
            statistics += 2 * length;
        }
        else if (parameter is ConvWeights conv && IsFolded(conv))
        {
            var bias = FoldedLength + checked((int)Planning.Length.RoundUp(conv.WeightCount));
            places[parameter.Key] = place with { FoldedWeight = FoldedLength, FoldedBias = bias };
            FoldedLength = bias + checked((int)Planning.Length.RoundUp(conv.OutChannels));
        }
    }
}
