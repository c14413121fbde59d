using Fovea.Onnx.Graph;
using Fovea.Onnx.Network;
using static Fovea.Onnx.Graph.Attributes;

namespace Fovea.Onnx.Export;

/// <summary>The heights and widths of maps, as vectors of two whole numbers: constants on a fixed canvas, else what they are at run time.</summary>
/// <param name="graph">Receives nodes.</param>
/// <param name="isFixed">Whether the canvas is the one that was traced.</param>
internal sealed class MapSizes(GraphBuilder graph, bool isFixed)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>[H, W] of a value.</summary>
    public string Of(NetworkValue value)
    {
        var name = $"{value.Name}.hw";
        return isFixed ? graph.Integers(value.Shape.Height, value.Shape.Width)
            : known.Add(name) ? graph.Add("Shape", name, [value.Name], Int("start", 2), Int("end", 4))
            : name;
    }
}
