using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// An activation becomes the epilogue of the operator before it, if that has such an epilogue and nobody else reads what the activation
/// reads.
/// </summary>
internal static class FuseActivations
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var uses = new Uses(graph.Forward);
        var gone = new HashSet<Node>();
        foreach (var node in graph.Forward)
        {
            cancellation.ThrowIfCancellationRequested();
            if (node.Op is not IActivation activation
                || node.Inputs[0].Producer is not { } before
                || !uses.IsOnlyFor(before.Output, node)
                || before.Op.WithActivation(activation) is not { } fused)
            {
                continue;
            }

            before.Op = fused;
            before.Outputs[0] = node.Output;
            node.Output.Producer = before;
            gone.Add(node);
        }

        graph.Forward.RemoveAll(gone.Contains);
    }
}
