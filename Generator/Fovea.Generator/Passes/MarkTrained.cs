using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// Cuts gradients that nobody wants before they arise: only values on which something trainable has an influence get one. Below the lowest trainable parameter
/// there is no backward code at all.
/// </summary>
internal static class MarkTrained
{
    public static void Run(ModelGraph graph)
    {
        graph.Trained.Clear();
        if (graph.DifferentiatesInput)
        {
            graph.Trained.UnionWith(graph.Sources.Where(source => source.Kind == ValueKind.Input));
        }

        foreach (var node in graph.Forward)
        {
            if (node.Parameters.Any(p => !p.Frozen || p is ConvWeights { FoldedNorm.Frozen: false }) || node.Inputs.Any(graph.Trained.Contains))
            {
                graph.Trained.UnionWith(node.Outputs);
            }
        }
    }
}
