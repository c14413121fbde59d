using Fovea.Generator.Graph;
using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Passes;

/// <summary>
/// dy·[y &gt; 0] joins the convolution that makes the complete dy, or else the norm that alone reads the masked one. Masking the finished
/// sum once is exact: earlier contributions lie in the sum.
/// </summary>
internal static class FuseReluMasks
{
    public static void Run(ModelGraph graph)
    {
        var uses = new Uses(graph.AllNodes);
        var gone = new HashSet<Node>();
        foreach (var mask in graph.Backward)
        {
            if (mask.Op is ReluBackward { Adds: false } && (FuseIntoProducer(mask, uses) || FuseIntoReader(mask, uses)))
            {
                gone.Add(mask);
            }
        }

        graph.Backward.RemoveAll(gone.Contains);
    }

    private static bool FuseIntoProducer(Node mask, Uses uses)
    {
        var (y, dy) = (mask.Inputs[0], mask.Inputs[1]);
        if (dy.Of != y
            || dy.Producer is not { Op: ConvBackward { WritesData: true, HasMask: false } backward } producer
            || !uses.IsOnlyFor(dy, mask))
        {
            return false;
        }

        producer.Op = new ConvBackward(backward.Parts | ConvGradientParts.ReluMask);
        if (!backward.ReadsInput)
        {
            producer.Inputs.Insert(0, y);
        }

        // What read the masked gradient now reads the only one there is.
        foreach (var reader in uses.Of(mask.Output))
        {
            reader.Inputs[reader.Inputs.IndexOf(mask.Output)] = dy;
        }

        return true;
    }

    private static bool FuseIntoReader(Node mask, Uses uses)
    {
        if (uses.Of(mask.Output) is not [{ Op: NormBackward { HasMask: false } backward } reader])
        {
            return false;
        }

        reader.Op = new NormBackward(hasMask: true, backward.AddsToParameterGradients);
        // x, statistics, dz become x, statistics, y, dy.
        reader.Inputs.RemoveAt(2);
        reader.Inputs.AddRange(mask.Inputs);
        return true;
    }
}
