using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>Removes nodes of which nothing is used: no value read, observed or a result of the graph, and no effect.</summary>
internal static class DropDeadValues
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var live = new HashSet<Value>(graph.Results.Select(result => result.Value));
        foreach (var list in new[] { graph.Backward, graph.Loss, graph.Forward, graph.Setup })
        {
            var kept = new List<Node>(list.Count);
            for (var i = list.Count - 1; i >= 0; i--)
            {
                cancellation.ThrowIfCancellationRequested();
                if (IsLive(list[i], live))
                {
                    live.UnionWith(list[i].Inputs);
                    kept.Add(list[i]);
                }
            }

            kept.Reverse();
            list.Clear();
            list.AddRange(kept);
        }
    }

    private static bool IsLive(Node node, HashSet<Value> live) =>
        node.Op.Effects(node) != Effects.None || node.Outputs.Exists(value => live.Contains(value) || value.IsTapped);
}
