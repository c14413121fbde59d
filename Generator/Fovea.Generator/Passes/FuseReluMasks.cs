using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// dy·[y &gt; 0] joins the operator that makes the complete dy, or else the one that alone reads the masked one, where these can.
/// Masking the finished sum once is exact: earlier contributions lie in the sum.
/// </summary>
internal static class FuseReluMasks
{
    public static void Run(ModelGraph graph, CancellationToken cancellation)
    {
        var uses = new Uses(graph.AllNodes);
        var gone = new HashSet<Node>();
        foreach (var mask in graph.Backward)
        {
            cancellation.ThrowIfCancellationRequested();
            if (mask.Op.IsMask && (FuseIntoProducer(mask, uses) || FuseIntoReader(mask, uses)))
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
            || !uses.IsOnlyFor(dy, mask)
            || dy.Producer is not { } producer || producer.Op.WithMask(producer, y) is not { } masked)
        {
            return false;
        }

        producer.Become(masked);

        // What read the masked gradient now reads the only one there is.
        foreach (var reader in uses.Of(mask.Output))
        {
            reader.Inputs[reader.Inputs.IndexOf(mask.Output)] = dy;
        }

        return true;
    }

    private static bool FuseIntoReader(Node mask, Uses uses)
    {
        if (uses.Of(mask.Output) is not [{ } reader] || reader.Op.WithMaskedInput(reader, mask) is not { } masked)
        {
            return false;
        }

        reader.Become(masked);
        return true;
    }
}
