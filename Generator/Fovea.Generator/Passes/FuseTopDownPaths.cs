using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>conv(x) + upsample(top, like conv(x)) becomes one convolution that adds while it stores.</summary>
internal static class FuseTopDownPaths
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var uses = new Uses(graph.Forward);
        var gone = new HashSet<Node>();
        foreach (var sum in graph.Forward.Where(node => node.Op.IsSum))
        {
            cancellation.ThrowIfCancellationRequested();
            // The upsampled map takes its size from the other summand, and may read that, too.
            if (sum.Inputs[0] is { IsTapped: false, Producer: { } lateral }
                && sum.Inputs[1].Producer is { } top
                && uses.IsOnlyFor(top.Output, sum)
                && uses.Of(lateral.Output).All(reader => reader == sum || reader == top)
                && sum.Op.Joined(lateral, top) is { } joined)
            {
                sum.Become(joined);
                sum.Parameters.AddRange(lateral.Parameters);
                gone.Add(lateral);
                gone.Add(top);
            }
        }

        graph.Forward.RemoveAll(gone.Contains);
    }
}
