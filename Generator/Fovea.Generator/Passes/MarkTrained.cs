using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// Cuts gradients that nobody wants before they arise: only values on which something trainable has an influence get one. Below the lowest
/// trainable parameter there is no backward code at all.
/// </summary>
internal static class MarkTrained
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        graph.Trained.Clear();
        if (graph.DifferentiatesInput)
        {
            graph.Trained.Add(graph.Input);
        }

        foreach (var node in graph.Forward)
        {
            cancellation.ThrowIfCancellationRequested();
            if (node.Parameters.Exists(parameter => !parameter.Frozen) || node.Inputs.Exists(graph.Trained.Contains))
            {
                graph.Trained.UnionWith(node.Outputs);
            }
        }
    }
}
