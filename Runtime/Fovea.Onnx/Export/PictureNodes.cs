using Fovea.Onnx.Graph;
using static Fovea.Onnx.Graph.Attributes;
using DataType = Fovea.Onnx.Format.TensorProto.Types.DataType;

namespace Fovea.Onnx.Export;

/// <summary>From pictures to the network's input: normalised, resized, padded, in torchvision's order.</summary>
/// <remarks>Source: torchvision/models/detection/transform.py; Imaging/CanvasFitter.cs, whose arithmetic of sizes is repeated here.</remarks>
internal sealed class PictureNodes(GraphBuilder graph)
{
    private const int Multiple = 32;

    /// <summary>[H, W] of the pictures as they come, whole numbers.</summary>
    public string Source { get; private set; } = "";

    /// <summary>[H, W] of the pictures on the canvas, without padding.</summary>
    public string Resized { get; private set; } = "";

    /// <summary>[H, W] of the canvas.</summary>
    public string Canvas { get; private set; } = "";

    /// <summary>Makes the network's input.</summary>
    /// <param name="plan">What is wanted.</param>
    /// <param name="pixels">How pixels become inputs.</param>
    /// <param name="resize">The rule of a variable canvas.</param>
    /// <param name="output">Its name.</param>
    public void Write(ExportPlan plan, PixelNormalization pixels, ResizeInfo? resize, string output)
    {
        var picture = Normalized(plan, pixels);
        Source = plan.ResizesInside || !plan.IsFixed
            ? graph.Add("Shape", "images.hw", [picture], Int("start", 2), Int("end", 4))
            : graph.Integers(plan.Canvas.Height, plan.Canvas.Width);
        Resized = !plan.ResizesInside ? Source : plan.IsFixed ? Letterboxed(plan.Canvas) : Scaled(resize!);
        Canvas = plan.IsFixed ? graph.Integers(plan.Canvas.Height, plan.Canvas.Width) : RoundedUp();
        if (plan.ResizesInside)
        {
            var images = graph.Add("Shape", "images.nc", [picture], Int("start", 0), Int("end", 2));
            var size = graph.Add("Concat", "images.size", [images, Resized], Int("axis", 0));
            picture = graph.Add(
                "Resize", "images.resized", [picture, "", "", size], Text("mode", "linear"),
                Text("coordinate_transformation_mode", "half_pixel"));
        }

        if (plan.ResizesInside || !plan.IsFixed)
        {
            var padding = graph.Add("Sub", "images.padding", [Canvas, Resized]);
            var pads = graph.Add("Concat", "images.pads", [graph.Integers(0, 0, 0, 0, 0, 0), padding], Int("axis", 0));
            picture = graph.Add("Pad", "images.padded", [picture, pads], Text("mode", "constant"));
        }

        // Tells readers of the file a shape that they cannot see otherwise, and ends the walk under the network's name.
        graph.Add(
            "Reshape", output,
            [picture, plan.IsFixed ? graph.Integers(-1, 3, plan.Canvas.Height, plan.Canvas.Width)
                : graph.Add("Concat", "images.shape", [graph.Integers(-1, 3), Canvas], Int("axis", 0))]);
    }

    /// <summary>x·scale + offset for each channel, after the channels' order, [N, 3, H, W].</summary>
    private string Normalized(ExportPlan plan, PixelNormalization pixels)
    {
        var bytes = plan.Input == OnnxInput.Bytes;
        object height = plan.HasFixedPictures ? plan.Canvas.Height : "height", width = plan.HasFixedPictures ? plan.Canvas.Width : "width";
        var picture = bytes
            ? graph.Input("images", DataType.Uint8, ["batch", height, width, 3], "Pictures, red first, 0 to 255.")
            : graph.Input("images", DataType.Float, ["batch", 3, height, width], "Pictures, red first, 0 to 1.");
        if (bytes)
        {
            picture = graph.Add("Transpose", "images.chw", [picture], Ints("perm", 0, 3, 1, 2));
            picture = graph.Add("Cast", "images.float", [picture], To(DataType.Float));
        }

        if (pixels.Bgr)
        {
            picture = graph.Add("Gather", "images.bgr", [picture, graph.Integers(2, 1, 0)], Int("axis", 1));
        }

        var (scale, offset) = PerChannel(pixels, bytes ? 255 : 1);
        var scaled = graph.Add("Mul", "images.scaled", [picture, graph.Weights("pixels.scale", [1, 3, 1, 1], scale)]);
        return graph.Add("Add", "images.normalized", [scaled, graph.Weights("pixels.offset", [1, 3, 1, 1], offset)]);
    }

    private static (float[] Scale, float[] Offset) PerChannel(PixelNormalization pixels, double white) =>
    (
        [.. pixels.Std.Select(std => (float)(pixels.Scale / (double)std / white))],
        [.. pixels.Mean.Zip(pixels.Std, (mean, std) => (float)-((double)mean / std))]);

    /// <summary>The shorter side becomes Min unless the longer one would pass Max.</summary>
    private string Scaled(ResizeInfo rule)
    {
        // 0.14 takes the float32 reciprocal times the side; later versions divide doubles.
        var old = rule.Rule == ResizeRule.TorchVision014;
        var type = old ? DataType.Float : DataType.Double;
        var sides = graph.Add("Cast", "resize.sides", [Source], To(type));
        var shorter = Scale("shorter", "ReduceMin", rule.Min);
        var longer = Scale("longer", "ReduceMax", rule.Max);
        var scale = graph.Add("Min", "resize.scale", [shorter, longer]);
        if (old)
        {
            scale = graph.Add("Cast", "resize.scale.double", [scale], To(DataType.Double));
        }

        var whole = graph.Add("Cast", "resize.sides.double", [Source], To(DataType.Double));
        var scaled = graph.Add("Mul", "resize.scaled", [whole, scale]);
        return Whole(graph.Add("Floor", "resize.floor", [scaled]));

        string Scale(string name, string reduce, int side)
        {
            var length = graph.Add(reduce, $"resize.{name}", [sides], Int("keepdims", 0));
            return old
                ? graph.Add(
                    "Mul", $"resize.{name}.scale",
                    [graph.Add("Div", $"resize.{name}.reciprocal", [graph.Single(1), length]), graph.Single(side)])
                : graph.Add("Div", $"resize.{name}.scale", [graph.Double(side), length]);
        }
    }

    /// <summary>As large as the canvas holds, in the picture's own ratio.</summary>
    private string Letterboxed(CanvasSize canvas)
    {
        var sides = graph.Add("Cast", "resize.sides", [Source], To(DataType.Double));
        var scales = graph.Add("Div", "resize.scales", [graph.Doubles(canvas.Height, canvas.Width), sides]);
        var scale = graph.Add("ReduceMin", "resize.scale", [scales], Int("keepdims", 0));
        var rounded = graph.Add("Round", "resize.rounded", [graph.Add("Mul", "resize.scaled", [sides, scale])]);
        return graph.Add("Min", "resize.fitted", [Whole(rounded), graph.Integers(canvas.Height, canvas.Width)]);
    }

    private string Whole(string sides) => graph.Add(
        "Max", "resize.hw", [graph.Add("Cast", "resize.whole", [sides], To(DataType.Int64)), graph.Integer(1)]);

    private string RoundedUp()
    {
        var more = graph.Add("Add", "canvas.more", [Resized, graph.Integer(Multiple - 1)]);
        var multiples = graph.Add("Div", "canvas.multiples", [more, graph.Integer(Multiple)]);
        return graph.Add("Mul", "canvas.hw", [multiples, graph.Integer(Multiple)]);
    }
}
