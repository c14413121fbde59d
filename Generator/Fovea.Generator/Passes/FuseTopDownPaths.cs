using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>conv(x) + upsample(top, like conv(x)) becomes one convolution that adds while it stores.</summary>
internal static class FuseTopDownPaths
{
    public static void Run(ModelGraph graph)
    {
        var uses = new Uses(graph.Forward);
        var gone = new HashSet<Node>();
        foreach (var add in graph.Forward.Where(n => n.Op is Add).ToList())
        {
            if (add.Inputs[1].Producer is { Op: Upsample } upsample
                && uses.IsOnlyFor(upsample.Output, add)
                && add.Inputs[0] is { Tap: null, Producer: { Op: Conv { Epilogue: ConvEpilogue.None } } conv } lateral
                && uses.Of(lateral).All(reader => reader == add || reader == upsample))
            {
                add.Op = new Conv(ConvEpilogue.UpsampleAdd);
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
