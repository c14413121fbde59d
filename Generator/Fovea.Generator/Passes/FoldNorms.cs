using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>
/// A batch norm whose statistics are fixed is an affine map: it becomes part of the convolution before it, which then reads folded weights.
/// For detection that is every batch norm; in training, frozen ones and those on running statistics.
/// </summary>
internal static class FoldNorms
{
    public static void Run(ModelGraph graph, Func<NormUse, bool> hasFixedStatistics, CancellationToken cancellation)
    {
        var uses = new Uses(graph.Forward);
        var kept = new List<Node>(graph.Forward.Count);
        foreach (var node in graph.Forward)
        {
            cancellation.ThrowIfCancellationRequested();
            if (node.Op is Norm { IsPlain: true, Use.IsPerImage: false } norm && hasFixedStatistics(norm.Use))
            {
                Fold(graph, node, norm.Use, uses);
            }
            else
            {
                kept.Add(node);
            }
        }

        graph.Forward.Clear();
        graph.Forward.AddRange(kept);
    }

    private static void Fold(ModelGraph graph, Node node, NormUse use, Uses uses)
    {
        var norm = node.NormWeights;
        if (node.Inputs[0].Producer is not { Op: Conv { IsPlain: true } } producer
            || !uses.IsOnlyFor(producer.Output, node)
            || producer.Weights.HasBias)
        {
            throw new InvalidOperationException(
                $"{norm.Key}: a norm with fixed statistics must follow a convolution of its own without bias, found {node.Inputs[0]}.");
        }

        producer.Parameters.Add(norm);
        producer.Outputs[0] = node.Output;
        node.Output.Producer = producer;
        var fold = new Node(new FoldBatchNorm(use), node.Block);
        fold.Parameters.AddRange([producer.Weights, norm]);
        graph.Fold.Add(fold);
    }
}
