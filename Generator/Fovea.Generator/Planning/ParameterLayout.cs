using Fovea.Generator.Graph;

namespace Fovea.Generator.Planning;

/// <summary>
/// All parameters in one buffer: the learned ones in the order in which backward finishes their gradients, so that the optimiser is one
/// pass and data-parallel buckets are slices; then the frozen ones. Every tensor begins at a multiple of 64 bytes, which vector loads and
/// cuDNN want; the elements between are 0 and have gradient 0. Parameters go by key: the graphs of training and of detection hold objects
/// of their own.
/// </summary>
internal sealed class ParameterLayout
{
    private readonly Dictionary<string, ParameterPlace> places = [];
    private readonly Dictionary<string, ParameterUse> uses = [];
    private readonly Dictionary<string, Parameter> foldedNorms = [];
    private readonly HashSet<string> folded = [];
    private readonly Dictionary<string, int> states = [];

    public ParameterLayout(ModelGraph training, ModelGraph inference, CancellationToken cancellation = default)
    {
        var (finished, position) = (new Dictionary<string, int>(), 0);
        foreach (var node in training.AllNodes.Concat(inference.AllNodes))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var operand in node.Op.Arguments(node))
            {
                Note(operand, position, finished);
            }

            position++;
        }

        var statistics = 0;
        foreach (var parameter in InBackwardOrder(training, finished))
        {
            Place(parameter);
            TrainableLength = parameter.Frozen ? TrainableLength : Length;
        }

        foreach (var parameter in training.Parameters)
        {
            PlaceDerived(parameter, ref statistics);
        }

        foreach (var state in training.States)
        {
            states.Add(state, statistics++);
        }

        StatisticsLength = statistics;
    }

    /// <summary>Elements of the buffer's learned part.</summary>
    public int TrainableLength { get; }

    public int Length { get; private set; }

    public int StatisticsLength { get; }

    public int FoldedLength { get; private set; }

    public ParameterPlace this[Parameter parameter] => places[parameter.Key];

    /// <summary>What the operators that read a parameter add to its handle.</summary>
    public ParameterUse UseOf(Parameter parameter) => uses.TryGetValue(parameter.Key, out var use)
        ? use
        : throw new InvalidOperationException($"{parameter.Key}: no operator says how it is used.");

    /// <summary>Whether detection or training computes with a folded copy of these weights.</summary>
    public bool IsFolded(Parameter parameter) => folded.Contains(parameter.Key);

    /// <summary>The element of the statistics that holds a state of the model.</summary>
    public int StateOf(string name) => states[name];

    /// <summary>Where the gradient of a bias or shift goes; a trained norm that is folded in takes it as its shift's.</summary>
    public int SecondGradient(Parameter parameter) =>
        foldedNorms.TryGetValue(parameter.Key, out var norm) ? (norm.Frozen ? -1 : this[norm].Second) : this[parameter].Second;

    private void Note(Operand operand, int position, Dictionary<string, int> finished)
    {
        switch (operand)
        {
            case Operand.Weights weights:
                if (weights.Folded)
                {
                    folded.Add(weights.Parameter.Key);
                }

                if (weights.Use is { } use)
                {
                    NoteUse(weights.Parameter, use);
                }

                break;
            case Operand.WeightGradient gradient:
                finished[gradient.Parameter.Key] = position;
                if (gradient.FoldedNorm is { } norm)
                {
                    foldedNorms[gradient.Parameter.Key] = norm;
                }

                break;
        }
    }

    private void NoteUse(Parameter parameter, ParameterUse use)
    {
        if (!uses.TryGetValue(parameter.Key, out var other))
        {
            uses.Add(parameter.Key, use);
        }
        else if (other != use)
        {
            throw new InvalidOperationException($"{parameter.Key} is used as {other} and as {use}; one handle cannot say both.");
        }
    }

    private static IEnumerable<Parameter> InBackwardOrder(ModelGraph graph, Dictionary<string, int> finished) => graph.Parameters
        .OrderBy(parameter => parameter.Frozen ? 1 : 0)
        .ThenBy(parameter => !parameter.Frozen && finished.TryGetValue(parameter.Key, out var position) ? position : int.MaxValue);

    private void Place(Parameter parameter)
    {
        var behind = checked(Length + (int)Shape.RoundUp(parameter.MainLength));
        places.Add(parameter.Key, new(Length, parameter.SecondLength == 0 ? -1 : behind, -1, -1, -1, -1));
        Length = checked(behind + (int)Shape.RoundUp(parameter.SecondLength));
    }

    private void PlaceDerived(Parameter parameter, ref int statistics)
    {
        var place = places[parameter.Key];
        if (parameter.StatisticsLength > 0)
        {
            var length = checked((int)Shape.RoundUp(parameter.StatisticsLength));
            place = place with { Mean = statistics, Variance = statistics + length };
            statistics += 2 * length;
        }

        if (IsFolded(parameter))
        {
            var bias = FoldedLength + checked((int)Shape.RoundUp(parameter.MainLength));
            place = place with { FoldedWeight = FoldedLength, FoldedBias = bias };
            FoldedLength = bias + checked((int)Shape.RoundUp(parameter.FoldedBiasLength));
        }

        places[parameter.Key] = place;
    }
}
