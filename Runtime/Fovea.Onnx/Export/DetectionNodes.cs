using Fovea.Detection;
using Fovea.Onnx.Graph;
using Fovea.Onnx.Network;
using static Fovea.Onnx.Graph.Attributes;
using DataType = Fovea.Onnx.Format.TensorProto.Types.DataType;

namespace Fovea.Onnx.Export;

/// <summary>
/// From logits and deltas to detections: the best of each level, decoded, clipped, suppressed class by class, the best of an image.
/// Ties go to the lower index throughout, as ONNX's TopK and NonMaxSuppression break them, and ours.
/// </summary>
/// <remarks>
/// Source: torchvision/models/detection/retinanet.py, postprocess_detections; Ops/PostProcessing/PostProcessing.Reference.cs.
/// Boxes are (x1, y1, x2, y2) for NonMaxSuppression, too: its IoU is the same with the axes exchanged.
/// </remarks>
internal sealed class DetectionNodes(GraphBuilder graph, MapSizes sizes, PostProcessingRule rule)
{
    /// <summary>Below every score that there can be: it marks what is no detection.</summary>
    private const float None = -1;

    /// <summary>Writes the graph's outputs.</summary>
    /// <param name="network">Whose logits and deltas.</param>
    /// <param name="minLevel">The finest level.</param>
    /// <param name="picture">Sizes of the pictures.</param>
    public void Write(NetworkTrace network, int minLevel, PictureNodes picture)
    {
        var levels = network.Logits.Select((logits, i) => Select(
            FormattableString.Invariant($"P{minLevel + i}"), logits, network.Deltas[i], network.Anchors[i], picture.Canvas)).ToArray();
        var scores = Joined("scores", levels.Select(l => l.Scores));
        var labels = Joined("labels", levels.Select(l => l.Labels));
        var boxes = Clip(
            Decode(Joined("deltas", levels.Select(l => l.Deltas)), Joined("anchors", levels.Select(l => l.Anchors))), picture.Resized);
        Best(boxes, Suppress(boxes, scores, labels), labels, picture);
    }

    private string Joined(string what, IEnumerable<string> levels) =>
        graph.Add("Concat", $"candidates.{what}", [.. levels], Int("axis", 1));

    /// <summary>The first top-k of a level, [N, k] and [N, k, 4]. Scores below the threshold go later.</summary>
    private (string Scores, string Labels, string Deltas, string Anchors) Select(
        string level, NetworkValue logits, NetworkValue deltas, AnchorLevel anchors, string canvas)
    {
        var prefix = $"select.{level}";
        var scores = graph.Add("Sigmoid", $"{prefix}.all", [Rows(logits, 0, -1)]);
        var count = graph.Add("Shape", $"{prefix}.count", [scores], Int("start", 1), Int("end", 2));
        var k = graph.Add("Min", $"{prefix}.k", [count, graph.Integers(rule.TopK)]);
        var best = graph.Add("TopK", [$"{prefix}.scores", $"{prefix}.indices"], [scores, k], Int("axis", 1));
        var anchor = graph.Add("Div", $"{prefix}.anchor", [best[1], graph.Integer(rule.Classes)]);
        var label = graph.Add("Mod", $"{prefix}.labels", [best[1], graph.Integer(rule.Classes)]);
        var boxes = new AnchorNodes(graph).Write(level, anchors, sizes.Of(logits), canvas);
        return (
            best[0], label, Picked($"{prefix}.deltas", Rows(deltas, 0, -1, 4), anchor),
            graph.Add("Gather", $"{prefix}.anchors", [boxes, anchor], Int("axis", 0)));
    }

    /// <summary>A map [N, C, H, W], cell by cell: [N, H, W, C], reshaped.</summary>
    private string Rows(NetworkValue map, params long[] shape) => new HeadNodes(graph).Rows(map, shape);

    /// <summary>Of [N, n, …] those that [N, k] names for each image.</summary>
    private string Picked(string name, string values, string indices)
    {
        var points = graph.Add("Unsqueeze", $"{name}.at", [indices, graph.Integers(2)]);
        return graph.Add("GatherND", name, [values, points], Int("batch_dims", 1));
    }

    /// <summary>Centre and size of each axis at once, float operation by float operation as BoxCoder has them.</summary>
    private string Decode(string deltas, string anchors)
    {
        var corners = Split("anchor", anchors);
        var size = graph.Add("Sub", "decode.size", [corners[1], corners[0]]);
        var middle = graph.Add("Add", "decode.middle", [corners[0], graph.Add("Mul", "decode.half", [graph.Single(0.5f), size])]);
        var delta = Split("delta", deltas);
        var shift = graph.Add("Mul", "decode.shift", [delta[0], size]);
        var centre = graph.Add("Add", "decode.centre", [shift, middle]);
        var logarithm = graph.Add("Min", "decode.log", [delta[1], graph.Single(BoxCoder.MaximumLogSize)]);
        var extent = graph.Add("Mul", "decode.extent", [graph.Add("Exp", "decode.factor", [logarithm]), size]);
        var radius = graph.Add("Mul", "decode.radius", [graph.Single(0.5f), extent]);
        return graph.Add(
            "Concat", "decode.boxes",
            [graph.Add("Sub", "decode.low", [centre, radius]), graph.Add("Add", "decode.high", [centre, radius])], Int("axis", 2));

        string[] Split(string name, string values) =>
            graph.Add("Split", [$"decode.{name}.0", $"decode.{name}.1"], [values, graph.Integers(2, 2)], Int("axis", 2));
    }

    private string Clip(string boxes, string size)
    {
        var positive = graph.Add("Max", "clip.low", [boxes, graph.Single(0)]);
        return graph.Add("Min", "clip.boxes", [positive, Corners("clip.bounds", size)]);
    }

    /// <summary>[H, W] of whole numbers as floats (W, H, W, H).</summary>
    private string Corners(string name, string size)
    {
        var floats = graph.Add("Cast", $"{name}.floats", [size], To(DataType.Float));
        return graph.Add("Gather", name, [floats, graph.Integers(1, 0, 1, 0)]);
    }

    /// <summary>The scores of those that stay, [N, C]; of the others <see cref="None"/>.</summary>
    private string Suppress(string boxes, string scores, string labels)
    {
        // [N, K, C]: a candidate has its score in its own class alone.
        var classes = graph.Add(
            "Reshape", "suppress.classes",
            [graph.Add("Range", "suppress.channels", [graph.Integer(0), graph.Integer(rule.Classes), graph.Integer(1)]), graph.Integers(-1, 1)]);
        var isOf = graph.Add(
            "Equal", "suppress.mine", [graph.Add("Unsqueeze", "suppress.labels", [labels, graph.Integers(1)]), classes]);
        var masked = graph.Add(
            "Where", "suppress.scores",
            [isOf, graph.Add("Unsqueeze", "suppress.each", [scores, graph.Integers(1)]), graph.Single(None)]);
        var selected = graph.Add(
            "NonMaxSuppression", "suppress.selected",
            [
                boxes, masked, graph.Integers(rule.MaxDetections), graph.Single(Below(ScoreOrder.Meant(rule.NmsIoU))),
                graph.Single(rule.ScoreThreshold),
            ]);

        // (image, class, candidate) in the order of classes: back to the candidates' places.
        var points = graph.Add("Gather", "suppress.points", [selected, graph.Integers(0, 2)], Int("axis", 1));
        var none = graph.Add("Expand", "suppress.none", [graph.Single(None), graph.Add("Shape", "suppress.shape", [scores])]);
        return graph.Add(
            "ScatterND", "suppress.kept", [none, points, graph.Add("GatherND", "suppress.keptScores", [scores, points])]);
    }

    /// <summary>The best of each image, in pixels of the picture.</summary>
    private void Best(string boxes, string kept, string labels, PictureNodes picture)
    {
        var count = graph.Add("Shape", "best.count", [kept], Int("start", 1), Int("end", 2));
        var k = graph.Add("Min", "best.k", [count, graph.Integers(rule.MaxDetections)]);
        var best = graph.Add("TopK", ["best.scores", "best.indices"], [kept, k], Int("axis", 1));
        var found = graph.Add("Greater", "best.found", [best[0], graph.Single(rule.ScoreThreshold)]);
        var ratio = graph.Add(
            "Div", "best.ratio", [Corners("best.source", picture.Source), Corners("best.resized", picture.Resized)]);
        var scaled = graph.Add("Mul", "best.scaled", [Picked("best.boxes", boxes, best[1]), ratio]);
        var each = graph.Add("Unsqueeze", "best.each", [found, graph.Integers(2)]);
        graph.Add("Where", "boxes", [each, scaled, graph.Single(0)]);
        graph.Add("Where", "scores", [found, best[0], graph.Single(0)]);
        graph.Add("Where", "labels", [found, Picked("best.labels", labels, best[1]), graph.Integer(-1)]);
        graph.Add(
            "ReduceSum", "num_detections", [graph.Add("Cast", "best.ones", [found], To(DataType.Int64)), graph.Integers(1)],
            Int("keepdims", 0));
        graph.Output("boxes", DataType.Float, ["batch", "detections", 4], "x1, y1, x2, y2 in pixels of the picture, best first.");
        graph.Output("scores", DataType.Float, ["batch", "detections"], "0 behind the last detection.");
        graph.Output("labels", DataType.Int64, ["batch", "detections"], "Channels of the classes; -1 behind the last detection.");
        graph.Output("num_detections", DataType.Int64, ["batch"], "Of each picture.");
    }

    /// <summary>The greatest float that is not above a threshold: greater floats are then exactly those that are greater than the threshold.</summary>
    private static float Below(double threshold) => (float)threshold > threshold ? MathF.BitDecrement((float)threshold) : (float)threshold;
}
