using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>Removes nodes of which nothing is used: no value read or observed, no parameter gradient, no result of the graph.</summary>
internal static class DropDeadValues
{
    public static void Run(ModelGraph graph)
    {
        var live = new HashSet<Value>();
        foreach (var level in graph.Levels)
        {
            live.UnionWith([level.Logits, level.Deltas]);
        }

        if (graph.InputGradient is { } pixels)
        {
            live.Add(pixels);
        }

        foreach (var list in new[] { graph.Backward, graph.Loss, graph.Forward, graph.Setup })
        {
            for (var i = list.Count - 1; i >= 0; i--)
            {
                if (IsLive(list[i], live))
                {
                    live.UnionWith(list[i].Inputs);
                }
                else
                {
                    list.RemoveAt(i);
                }
            }
        }
    }

    private static bool IsLive(Node node, HashSet<Value> live) =>
        node.Outputs.Count == 0
        || node.Outputs.Any(v => live.Contains(v) || IsResult(v))
        || node.Op.ParameterGradients(node).Any();

    /// <summary>What is read from outside: taps, losses, detections, the gradient of the pixels.</summary>
    private static bool IsResult(Value v) =>
        v.Tap is not null || v.Kind is ValueKind.Loss or ValueKind.Detections || v.Of?.Kind == ValueKind.Input;
}
