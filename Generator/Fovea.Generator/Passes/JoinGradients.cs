using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>Neighbours that one call computes become one node: the gradients of a convolution's weights and of its input.</summary>
internal static class JoinGradients
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var kept = new List<Node>(graph.Backward.Count);
        foreach (var node in graph.Backward)
        {
            cancellation.ThrowIfCancellationRequested();
            if (kept.Count > 0 && kept[kept.Count - 1] is { Outputs.Count: 0 } last && last.Op.With(last, node) is { } joined)
            {
                node.Become(joined);
                kept[kept.Count - 1] = node;
            }
            else
            {
                kept.Add(node);
            }
        }

        graph.Backward.Clear();
        graph.Backward.AddRange(kept);
    }
}
