using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// A residual sum joins what was computed last before it, and the activation behind it where no backend adds without one. The fused node
/// takes the place of the last one, where both summands are there.
/// </summary>
internal static class FuseSums
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var uses = new Uses(graph.Forward);
        var order = new Dictionary<Node, int>();
        foreach (var node in graph.Forward)
        {
            order.Add(node, order.Count);
        }

        var gone = new HashSet<Node>();
        foreach (var sum in graph.Forward.Where(node => node.Op.IsSum))
        {
            cancellation.ThrowIfCancellationRequested();

            // The later summand: the earlier one is the residual, complete when it is needed.
            var summands = sum.Inputs.OrderByDescending(v => v.Producer is { } p ? order[p] : -1).ToList();
            if (summands[0] == summands[1] || !uses.IsOnlyFor(summands[0], sum) || summands[0].Producer is not { } last)
            {
                continue;
            }

            if (sum.Op.Joined(last, summands[1], null) is { } joined)
            {
                Replace(sum, joined, last);
                gone.Add(last);
            }
            else if (uses.Of(sum.Output) is [{ Op: IActivation activation } activated]
                && uses.IsOnlyFor(sum.Output, activated)
                && sum.Op.Joined(last, summands[1], activation) is { } activatedSum)
            {
                Replace(activated, activatedSum, last);
                gone.Add(last);
                gone.Add(sum);
            }
        }

        graph.Forward.RemoveAll(gone.Contains);
    }

    /// <summary>The node takes over parameters and what else the fused one makes, as statistics.</summary>
    private static void Replace(Node node, Rewrite rewrite, Node fused)
    {
        node.Become(rewrite);
        node.Parameters.AddRange(fused.Parameters);
        foreach (var other in fused.Outputs.Skip(1))
        {
            node.Outputs.Add(other);
            other.Producer = node;
        }
    }
}
