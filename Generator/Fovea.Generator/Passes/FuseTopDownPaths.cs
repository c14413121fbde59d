using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>conv(x) + upsample(top, like conv(x)) becomes one convolution that adds while it stores.</summary>
internal static class FuseTopDownPaths
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var uses = new Uses(graph.Forward);
        var gone = new HashSet<Node>();
        foreach (var add in graph.Forward.Where(n => n.Op is Add).ToList())
        {
            cancellation.ThrowIfCancellationRequested();
            if (add.Inputs[1].Producer is { Op: Upsample } upsample
                && uses.IsOnlyFor(upsample.Output, add)
                && add.Inputs[0] is { IsTapped: false, Producer: { Op: Conv { IsPlain: true } lateralOp } conv } lateral
                && uses.Of(lateral).All(reader => reader == add || reader == upsample))
            {
                add.Op = lateralOp.With(ConvSummand.UpsampledTop);
                add.Inputs.Clear();
                add.Inputs.AddRange([conv.Inputs[0], upsample.Inputs[0]]);
                add.Parameters.AddRange(conv.Parameters);
                gone.Add(conv);
                gone.Add(upsample);
            }
        }

        graph.Forward.RemoveAll(gone.Contains);
    }
}
