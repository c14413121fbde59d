using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// Reverse-mode differentiation: walks forward backwards, asks each op's own rule for its contributions and adds them up. After each block,
/// the gradients of its folded weights become those of the parameters.
/// </summary>
internal static class Differentiate
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var sums = new GradientSums(graph);
        var folds = graph.Fold.ToLookup(node => node.Block);
        for (var i = graph.Forward.Count - 1; i >= 0; i--)
        {
            cancellation.ThrowIfCancellationRequested();
            var node = graph.Forward[i];
            if (node.Outputs.Count > 0 && sums.Of(node.Output) is { } dy && graph.Trained.Contains(node.Output))
            {
                sums.Block = node.Block;
                dy = node.Op.Activation is { } activation ? sums.Through(activation, node.Output, dy) : dy;
                foreach (var contribution in node.Op.Gradient(node, dy))
                {
                    sums.Add(contribution);
                }
            }

            if (i == 0 || graph.Forward[i - 1].Block != node.Block)
            {
                // Last convolution first, as in the block's backward.
                sums.Block = node.Block;
                foreach (var contribution in folds[node.Block].Reverse().SelectMany(fold => fold.Op.ParameterGradient(fold)))
                {
                    sums.Add(contribution);
                }
            }
        }

        if (graph.DifferentiatesInput)
        {
            graph.Results.Add(new("InputGradient", sums.Of(graph.Input)
                ?? throw new InvalidOperationException($"{graph.Input} has no gradient: nothing that reads it has contributed.")));
        }
    }
}
