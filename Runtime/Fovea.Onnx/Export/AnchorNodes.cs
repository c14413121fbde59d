using Fovea.Detection;
using Fovea.Onnx.Graph;
using static Fovea.Onnx.Graph.Attributes;
using DataType = Fovea.Onnx.Format.TensorProto.Types.DataType;

namespace Fovea.Onnx.Export;

/// <summary>The anchors of a level, [H·W·A, 4] in the order (y, x, anchor): the boxes around the origin, moved to each cell.</summary>
/// <remarks>Source: Detection/AnchorGenerator.cs, whose boxes around the origin are constants here.</remarks>
internal sealed class AnchorNodes(GraphBuilder graph)
{
    /// <param name="name">Of the level.</param>
    /// <param name="level">Sizes, ratios, stride.</param>
    /// <param name="grid">[H, W] in cells.</param>
    /// <param name="canvas">[H, W] in pixels.</param>
    public string Write(string name, AnchorLevel level, string grid, string canvas)
    {
        var prefix = $"anchors.{name}";
        var around = AnchorGenerator.BaseAnchors(level);
        var boxes = graph.Weights(
            $"{prefix}.base", [1, 1, around.Length, 4], [.. around.SelectMany(b => new[] { b.X1, b.Y1, b.X2, b.Y2 })]);
        var strides = level.Stride > 0
            ? graph.Integers(level.Stride, level.Stride)
            : graph.Add("Div", $"{prefix}.strides", [canvas, grid]);

        // [H, 1, 1, 4] of (0, y, 0, y) and [1, W, 1, 4] of (x, 0, x, 0).
        var rows = Shifts("y", 0, graph.Integers(-1, 1, 1, 1), graph.Singles(0, 1, 0, 1));
        var columns = Shifts("x", 1, graph.Integers(1, -1, 1, 1), graph.Singles(1, 0, 1, 0));
        var shifts = graph.Add("Add", $"{prefix}.shifts", [rows, columns]);
        var moved = graph.Add("Add", $"{prefix}.moved", [shifts, boxes]);
        return graph.Add("Reshape", prefix, [moved, graph.Integers(-1, 4)]);

        string Shifts(string axis, int index, string shape, string corners)
        {
            var count = graph.Add("Gather", $"{prefix}.{axis}.count", [grid, graph.Integer(index)]);
            var stride = graph.Add("Gather", $"{prefix}.{axis}.stride", [strides, graph.Integer(index)]);
            var cells = graph.Add("Range", $"{prefix}.{axis}.cells", [graph.Integer(0), count, graph.Integer(1)]);
            var pixels = graph.Add("Mul", $"{prefix}.{axis}.pixels", [cells, stride]);
            var floats = graph.Add("Cast", $"{prefix}.{axis}.floats", [pixels], To(DataType.Float));
            var column = graph.Add("Reshape", $"{prefix}.{axis}.column", [floats, shape]);
            return graph.Add("Mul", $"{prefix}.{axis}", [column, corners]);
        }
    }
}
