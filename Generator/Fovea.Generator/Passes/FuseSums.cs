using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>
/// A residual sum joins what was computed last before it: conv(x) + r, or max(0, norm(x) + r), since no backend adds after a norm without
/// the ReLU. The fused node takes the place of the last one, where both summands are there.
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
        foreach (var add in graph.Forward.Where(n => n.Op is Add).ToList())
        {
            cancellation.ThrowIfCancellationRequested();

            // The later summand: the earlier one is the residual, complete when it is needed.
            var summands = add.Inputs.OrderByDescending(v => v.Producer is { } p ? order[p] : -1).ToList();
            if (summands[0] == summands[1] || !uses.IsOnlyFor(summands[0], add) || summands[0].Producer is not { } last)
            {
                continue;
            }

            if (last.Op is Conv { IsPlain: true } conv)
            {
                Replace(add, conv.With(ConvSummand.Residual), last, summands[1]);
                gone.Add(last);
            }
            else if (last.Op is Norm { IsPlain: true } norm
                && uses.Of(add.Output) is [{ Op: Relu activation } relu]
                && uses.IsOnlyFor(add.Output, relu))
            {
                Replace(relu, norm.WithResidual(activation), last, summands[1]);
                relu.Outputs.Add(last.Outputs[1]);
                last.Outputs[1].Producer = relu;
                gone.Add(last);
                gone.Add(add);
            }
        }

        graph.Forward.RemoveAll(gone.Contains);
    }

    private static void Replace(Node node, Op op, Node fused, Value residual)
    {
        node.Op = op;
        node.Inputs.Clear();
        node.Inputs.AddRange([fused.Inputs[0], residual]);
        node.Parameters.AddRange(fused.Parameters);
    }
}
