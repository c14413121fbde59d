using Fovea.Onnx.Graph;
using Fovea.Onnx.Network;
using static Fovea.Onnx.Graph.Attributes;

namespace Fovea.Onnx.Export;

/// <summary>
/// Writes a traced network's operators as ONNX nodes. Maps are [N, C, H, W] here; weights are called as in a state dict.
/// </summary>
/// <param name="graph">Receives the nodes.</param>
/// <param name="sizes">How large maps are.</param>
/// <param name="tensor">A tensor of the state by its key.</param>
internal sealed class NetworkWriter(GraphBuilder graph, MapSizes sizes, Func<string, (int[] Shape, float[] Values)> tensor)
{
    private readonly HashSet<string> written = new(StringComparer.Ordinal);

    /// <summary>Writes an operator.</summary>
    public void Write(NetworkNode node)
    {
        var y = node.Output.Name;
        switch (node)
        {
            case ConvNode conv:
                Conv(conv, y);
                break;
            case BatchNormNode norm:
                graph.Add(
                    "BatchNormalization", y,
                    [
                        norm.X.Name, Tensor($"{norm.Key}.weight"), Tensor($"{norm.Key}.bias"), Tensor($"{norm.Key}.running_mean"),
                        Tensor($"{norm.Key}.running_var"),
                    ],
                    Float("epsilon", norm.Norm.Epsilon));
                break;
            case GroupNormNode norm:
                GroupNorm(norm, y);
                break;
            case ReluNode relu:
                graph.Add("Relu", y, [relu.X.Name]);
                break;
            case AddNode add:
                graph.Add("Add", y, [add.A.Name, add.B.Name]);
                break;
            case MaxPoolNode pool:
                graph.Add("MaxPool", y, [pool.X.Name], Ints("kernel_shape", 3, 3), Ints("strides", 2, 2), Ints("pads", 1, 1, 1, 1));
                break;
            case UpsampleNode up:
                Upsample(up, y);
                break;
            default:
                throw new NotSupportedException($"A {node.GetType().Name} cannot be written.");
        }
    }

    private void Conv(ConvNode conv, string y)
    {
        var w = conv.Weights;
        string[] inputs = [conv.X.Name, Tensor($"{conv.Key}.weight")];
        graph.Add(
            "Conv", y, w.HasBias ? [.. inputs, Tensor($"{conv.Key}.bias")] : inputs,
            Ints("kernel_shape", w.Kernel, w.Kernel), Ints("strides", w.Stride, w.Stride),
            Ints("pads", w.Padding, w.Padding, w.Padding, w.Padding), Int("group", w.Groups));
    }

    /// <summary>Opset 17 has no group norm: an instance norm over groups has its statistics; scale and shift of each channel follow.</summary>
    private void GroupNorm(GroupNormNode norm, string y)
    {
        var groups = norm.Norm.Groups;
        var grouped = graph.Add("Reshape", $"{y}.groups", [norm.X.Name, graph.Integers(0, groups, -1)]);
        var plain = graph.Add(
            "InstanceNormalization", $"{y}.normalized",
            [grouped, graph.Singles([.. Enumerable.Repeat(1f, groups)]), graph.Singles([.. Enumerable.Repeat(0f, groups)])],
            Float("epsilon", norm.Norm.Epsilon));
        var shape = graph.Add("Shape", $"{y}.shape", [norm.X.Name]);
        var whole = graph.Add("Reshape", $"{y}.channels", [plain, shape]);
        var scaled = graph.Add("Mul", $"{y}.scaled", [whole, Column($"{norm.Key}.weight", norm.Norm.Channels)]);
        graph.Add("Add", y, [scaled, Column($"{norm.Key}.bias", norm.Norm.Channels)]);
    }

    /// <summary>
    /// Row i reads row ⌊i/(H/Htop)⌋. H is 2·Htop or 2·Htop − 1: no quotient but 0 comes so near to a whole number that rounding could matter.
    /// </summary>
    private void Upsample(UpsampleNode up, string y)
    {
        var images = graph.Add("Shape", $"{y}.nc", [up.Top.Name], Int("start", 0), Int("end", 2));
        var size = graph.Add("Concat", $"{y}.size", [images, sizes.Of(up.Like)], Int("axis", 0));
        graph.Add(
            "Resize", y, [up.Top.Name, "", "", size], Text("mode", "nearest"), Text("coordinate_transformation_mode", "asymmetric"),
            Text("nearest_mode", "floor"));
    }

    /// <summary>A tensor of the state, once for all levels that share it.</summary>
    private string Tensor(string key)
    {
        if (written.Add(key))
        {
            var (shape, values) = tensor(key);
            graph.Weights(key, shape, values);
        }

        return key;
    }

    /// <summary>[C] as [C, 1, 1].</summary>
    private string Column(string key, int channels)
    {
        var name = $"{key}.column";
        return written.Add(name) ? graph.Add("Reshape", name, [Tensor(key), graph.Integers(channels, 1, 1)]) : name;
    }
}
