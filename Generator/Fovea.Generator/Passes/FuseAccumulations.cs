using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>A sum of gradients joins the operator that makes its second summand, where that can add while it stores.</summary>
internal static class FuseAccumulations
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var uses = new Uses(graph.AllNodes);
        var gone = new HashSet<Node>();
        foreach (var sum in graph.Backward)
        {
            cancellation.ThrowIfCancellationRequested();
            if (sum.Op.IsSum
                && sum.Inputs[1] is { Kind.IsGradient: true, Producer: { } producer } part
                && part.Of == sum.Output.Of
                && uses.IsOnlyFor(part, sum)
                && producer.Op.WithAccumulate(producer, sum.Inputs[0]) is { } fused)
            {
                producer.Become(fused);
                producer.Outputs[0] = sum.Output;
                sum.Output.Producer = producer;
                gone.Add(sum);
            }
        }

        graph.Backward.RemoveAll(gone.Contains);
    }
}
