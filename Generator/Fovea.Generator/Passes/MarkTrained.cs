using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// Cuts gradients that nobody wants before they arise: only values on which something trainable has an influence get one. Below the lowest
/// trainable parameter there is no backward code at all.
/// </summary>
internal static class MarkTrained
{
    /// <param name="toInput">Whether the gradient of the pixels is wanted, too.</param>
    public static void Run(ModelGraph graph, bool toInput)
    {
        graph.Trained.Clear();
        if (toInput)
        {
            graph.Trained.UnionWith(graph.Sources.Where(v => v.Kind == ValueKind.Input));
        }

        if (graph.DifferentiatesInput)
        {
            graph.Trained.UnionWith(graph.Sources.Where(source => source.Kind == ValueKind.Input));
        }

        foreach (var node in graph.Forward)
        {
            if (node.Parameters.Any(p => !p.Frozen || p is ConvWeights { FoldedNorm.Frozen: false })
                || node.Inputs.Any(graph.Trained.Contains))
            {
                graph.Trained.UnionWith(node.Outputs);
            }
        }
    }
}
