using Fovea.Generator.Graph;

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
            if (node.Op.Fold(hasFixedStatistics) is { } fold)
            {
                Fold(graph, node, fold, uses);
            }
            else
            {
                kept.Add(node);
            }
        }

        graph.Forward.Clear();
        graph.Forward.AddRange(kept);
    }

    private static void Fold(ModelGraph graph, Node node, Op op, Uses uses)
    {
        var norm = node.Parameters[0];
        if (node.Inputs[0].Producer is not { } producer || !node.Op.FoldsInto(producer) || !uses.IsOnlyFor(producer.Output, node))
        {
            throw new InvalidOperationException(
                $"{norm.Key}: a norm with fixed statistics must follow a convolution of its own without bias, found {node.Inputs[0]}.");
        }

        producer.Parameters.Add(norm);
        producer.Outputs[0] = node.Output;
        node.Output.Producer = producer;
        var fold = new Node(op, node.Block);
        fold.Parameters.AddRange([producer.Parameters[0], norm]);
        graph.Fold.Add(fold);
    }
}
