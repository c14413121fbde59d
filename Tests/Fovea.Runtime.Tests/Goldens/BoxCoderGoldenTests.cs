using System.Runtime.InteropServices;
using Fovea.Detection;
using Fovea.Ops.BoxLoss;

namespace Fovea.Tests.Goldens;

[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class BoxCoderGoldenTests
{
    /// <summary>Of the greatest element; exponentials and logarithms may differ in the last bit.</summary>
    private const double Tolerance = 1e-6;

    private static readonly HashSet<string> Inputs =
        ["reference_boxes", "proposals", "deltas", "decode_coef", "ext_deltas", "ext_boxes", "ext_coef"];

    [SkippableTheory]
    [GoldenData(GoldenKinds.BoxCoder)]
    public void Encoding_decoding_clipping_and_gradient_equal_torchvisions(GoldenEntry entry)
    {
        entry.Require();
        var t = entry.Tensors();
        var weights = GoldenDetection.Floats(entry.Params.GetProperty("weights"));
        var w = new BoxWeights(weights[0], weights[1], weights[2], weights[3]);
        var (height, width) = GoldenDetection.Pair(entry.Params.GetProperty("clip_hw"));
        Assert.Equal(BoxCoder.MaximumLogSize, (float)entry.Params.GetProperty("bbox_xform_clip").GetDouble());
        foreach (var (name, tensor) in t)
        {
            var extreme = name.StartsWith("ext_", StringComparison.Ordinal);
            var deltas = t[extreme ? "ext_deltas" : "deltas"];
            var anchors = t[extreme ? "ext_boxes" : "proposals"];
            var coefficients = t[extreme ? "ext_coef" : "decode_coef"];
            switch (name)
            {
                case "encoded":
                    Check(entry, tensor, GoldenDetection.Flat(Encode(t["reference_boxes"], anchors, w)));
                    break;
                case "decoded_roundtrip":
                    Check(entry, tensor, GoldenDetection.Flat(Decode(t["encoded"], anchors, w)));
                    break;
                case "decoded" or "ext_decoded":
                    Check(entry, tensor, GoldenDetection.Flat(Decode(deltas, anchors, w)));
                    CheckReference(entry, tensor, deltas, anchors, w);
                    break;
                case "decoded_clipped" or "ext_decoded_clipped":
                    Check(entry, tensor, GoldenDetection.Flat([.. Decode(deltas, anchors, w).Select(b => b.Clip(width, height))]));
                    break;
                case "deltas_grad" or "ext_deltas_grad":
                    Check(entry, tensor, GoldenDetection.Flat(Gradient(deltas, anchors, coefficients, w)));
                    break;
                default:
                    Assert.Contains(name, Inputs);
                    break;
            }
        }
    }

    private static void Check(GoldenEntry entry, GoldenTensor expected, float[] actual) =>
        GoldenAssert.Close(entry, expected.Name, expected.F32, actual, Tolerance);

    private static void CheckReference(GoldenEntry entry, GoldenTensor expected, GoldenTensor deltas, GoldenTensor anchors, BoxWeights w)
    {
        var boxes = Rows(deltas).Zip(GoldenDetection.Boxes(anchors)).Select(r => BoxLossReference.Decode(r.First, r.Second, w));
        var actual = boxes.SelectMany(b => new[] { (float)b.X1.Value, (float)b.Y1.Value, (float)b.X2.Value, (float)b.Y2.Value }).ToArray();
        GoldenAssert.Close(entry, expected.Name + " (reference)", expected.F32, actual, Tolerance);
    }

    private static BoxDeltas[] Rows(GoldenTensor t) => MemoryMarshal.Cast<float, BoxDeltas>(t.F32).ToArray();

    private static BoxDeltas[] Encode(GoldenTensor boxes, GoldenTensor anchors, BoxWeights w) =>
        [.. GoldenDetection.Boxes(boxes).Zip(GoldenDetection.Boxes(anchors)).Select(r => BoxCoder.Encode(r.First, r.Second, w))];

    private static Box[] Decode(GoldenTensor deltas, GoldenTensor anchors, BoxWeights w) =>
        [.. Rows(deltas).Zip(GoldenDetection.Boxes(anchors)).Select(r => BoxCoder.Decode(r.First, r.Second, w))];

    private static BoxDeltas[] Gradient(GoldenTensor deltas, GoldenTensor anchors, GoldenTensor coefficients, BoxWeights w) =>
        [.. Rows(deltas).Zip(GoldenDetection.Boxes(anchors), GoldenDetection.Boxes(coefficients))
            .Select(r => BoxCoder.DecodeBackward(r.First, r.Second, w, (r.Third.X1, r.Third.Y1, r.Third.X2, r.Third.Y2)))];
}
