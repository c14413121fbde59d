using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// Reverse-mode differentiation: walks forward backwards and asks each op's own rule for its gradient. After each block, the gradients of
/// its folded weights become those of the parameters.
/// </summary>
internal static class Differentiate
{
    public static void Run(ModelGraph graph)
    {
        var gradients = new GradientBuilder(graph);
        var folds = graph.Fold.ToLookup(node => node.Block);
        for (var i = graph.Forward.Count - 1; i >= 0; i--)
        {
            var node = graph.Forward[i];
            gradients.Block = node.Block;
            if (node.Outputs.Count > 0 && gradients.NeedsGradient(node.Output) && gradients.Pending(node.Output) is not null)
            {
                node.Op.Gradient(node, gradients);
            }

            if (i == 0 || graph.Forward[i - 1].Block != node.Block)
            {
                // Last convolution first, as in the block's backward.
                foreach (var fold in folds[node.Block].Reverse().Where(fold => gradients.IsWritten(fold.Weights)))
                {
                    fold.Op.Gradient(fold, gradients);
                }
            }
        }

        if (graph.DifferentiatesInput)
        {
            graph.InputGradient = gradients.GradientOf(graph.Sources.Single(source => source.Kind == ValueKind.Input));
        }
    }
}
