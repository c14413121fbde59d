using Fovea.Onnx.Graph;
using Fovea.Onnx.Network;
using static Fovea.Onnx.Graph.Attributes;
using DataType = Fovea.Onnx.Format.TensorProto.Types.DataType;

namespace Fovea.Onnx.Export;

/// <summary>The heads' outputs as torchvision has them: anchor after anchor, level after level.</summary>
internal sealed class HeadNodes(GraphBuilder graph)
{
    /// <summary>Writes the graph's outputs: logits [N, ΣHWA, K] and deltas [N, ΣHWA, 4].</summary>
    /// <param name="network">Whose.</param>
    /// <param name="classes">K.</param>
    /// <param name="anchors">ΣHWA, or the name of a number that varies.</param>
    public void Write(NetworkTrace network, int classes, object anchors)
    {
        Join("logits", network.Logits, [anchors, classes], "Of each anchor for each class, before the sigmoid; level after level, each (y, x, anchor).");
        Join("deltas", network.Deltas, [anchors, 4], "dx, dy, dw, dh of each anchor, in the same order.");
    }

    /// <summary>A map [N, C, H, W], cell by cell: [N, H, W, C], reshaped.</summary>
    public string Rows(NetworkValue map, params long[] shape)
    {
        var cells = graph.Add("Transpose", $"{map.Name}.nhwc", [map.Name], Ints("perm", 0, 2, 3, 1));
        return graph.Add("Reshape", $"{map.Name}.rows", [cells, graph.Integers(shape)]);
    }

    private void Join(string name, IReadOnlyList<NetworkValue> levels, object[] shape, string doc)
    {
        graph.Add("Concat", name, [.. levels.Select(l => Rows(l, 0, -1, (int)shape[1]))], Int("axis", 1));
        graph.Output(name, DataType.Float, ["batch", .. shape], doc);
    }
}
