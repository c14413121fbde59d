using Fovea.Generator.Graph;

namespace Fovea.Generator.Tests.Gradients;

// Inside, so that the compiler's own names win over those of Definitions.
using Fovea.Generator.Graph.Ops;

/// <summary>
/// Runs the graph as lowering made it, op by op as torchvision would run its modules: what the compiled graph is compared with.
/// </summary>
/// <param name="batchStatistics">Whether batch norms that are not frozen use the batch's statistics.</param>
internal sealed class PrimitiveInterpreter(ModelGraph graph, State state, bool batchStatistics)
{
    private readonly Dictionary<Value, Map[]> values = [];

    /// <summary>Logits and deltas of every level, in that order.</summary>
    public List<Map> Run(Map input)
    {
        values[graph.Input] = [input];
        return RunFrom(0);
    }

    /// <summary>The same after a change of one parameter: nothing before its first use is computed again.</summary>
    public List<Map> RunAgain(string key) =>
        RunFrom(graph.Forward.FindIndex(node => node.Parameters.Any(p => key.StartsWith(p.Key + ".", StringComparison.Ordinal))));

    private List<Map> RunFrom(int first)
    {
        foreach (var node in graph.Forward.Skip(first))
        {
            values[node.Output] = Evaluate(node, [.. node.Inputs.Select(v => values[v])]);
        }

        return [.. graph.Head.Outputs.SelectMany(output => values[output])];
    }

    private Map[] Evaluate(Node node, Map[][] x) => node.Op is JoinLevels
        ? [.. x.SelectMany(maps => maps)]
        : [.. x[0].Select((_, level) => Evaluate(node, Array.ConvertAll(x, maps => maps[level])))];

    private Map Evaluate(Node node, Map[] x) => node.Op switch
    {
        Conv conv => ScalarKernels.Conv(
            x[0], node.Weights, conv.Use.Geometry, Of(node, "weight"), state.Tensors.GetValueOrDefault(node.Weights.Key + ".bias")),
        Norm norm => Normalise(x[0], node, norm.Use),
        Relu => x[0].Select(v => Math.Max(0, v)),
        Add => x[0].Zip(x[1], (a, b) => a + b),
        MaxPool => ScalarKernels.MaxPool(x[0]),
        Upsample => ScalarKernels.Upsample(x[0], x[1].H, x[1].W),
        _ when Extensions.TryGetValue(node.Op.Name, out var extension) => extension(x[0]),
        _ => throw new InvalidOperationException($"{node.Op.Name} is no primitive of lowering."),
    };

    /// <summary>Primitives that a test makes up.</summary>
    public Dictionary<string, Func<Map, Map>> Extensions { get; } = [];

    private double[] Of(Node node, string tensor) => state.Tensors[$"{node.Parameters[0].Key}.{tensor}"];

    private Map Normalise(Map x, Node node, NormUse norm)
    {
        var running = norm.Kind == Spec.NormKind.FrozenBatchNorm || (norm.Kind == Spec.NormKind.BatchNorm && !batchStatistics);
        var (mean, reciprocal) = running
            ? (Of(node, "running_mean"), Array.ConvertAll(Of(node, "running_var"), v => 1 / Math.Sqrt(v + norm.Epsilon)))
            : ScalarKernels.Statistics(x, norm);
        return ScalarKernels.Affine(ScalarKernels.Normalised(x, norm, mean, reciprocal), Of(node, "weight"), Of(node, "bias"));
    }
}
