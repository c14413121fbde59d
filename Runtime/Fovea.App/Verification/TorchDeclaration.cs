using System.Text.Json;
using Fovea.CompilerServices;
using Fovea.Detection;
using Fovea.Onnx.Network;

namespace Fovea.App.Verification;

/// <summary>
/// A detector as torchvision's constructors take it: what <c>torch_verify.py</c> builds from. All of it comes from the generated code, by its trace, and
/// from its description.
/// </summary>
internal sealed class TorchDeclaration
{
    private const string Body = "backbone.body.";
    private const string Head = "head.classification_head.conv.";
    private readonly ModelDescription model;
    private readonly NetworkTrace network;
    private readonly Dictionary<string, ConvParameters> convolutions;
    private readonly Dictionary<string, int> groupNorms;

    /// <param name="detector">The detector.</param>
    /// <exception cref="ArgumentException">torchvision cannot build it; the message says what it has that torchvision has not.</exception>
    public TorchDeclaration(Detector detector)
    {
        model = detector.Description;
        Require(model);
        network = Trace(detector);
        convolutions = network.Nodes.OfType<ConvNode>().DistinctBy(n => n.Key).ToDictionary(n => n.Key, n => n.Weights);
        groupNorms = network.Nodes.OfType<GroupNormNode>().DistinctBy(n => n.Key).ToDictionary(n => n.Key, n => n.Norm.Groups);
    }

    private bool HasBottlenecks => convolutions.ContainsKey($"{Body}layer1.0.conv3");

    /// <summary>Writes the properties of an object that is open.</summary>
    /// <param name="json">Takes them.</param>
    /// <param name="rule">From logits to detections.</param>
    public void Write(Utf8JsonWriter json, in PostProcessingRule rule)
    {
        WriteBody(json);
        WritePyramid(json);
        WriteHead(json);
        json.WriteStartArray("anchors");
        foreach (var level in model.Anchors)
        {
            json.WriteStartObject();
            Numbers(json, "sizes", level.Sizes);
            Numbers(json, "ratios", level.Ratios);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("post_processing");
        json.WriteNumber("score_threshold", ScoreOrder.Meant(rule.ScoreThreshold));
        json.WriteNumber("top_k", rule.TopK);
        json.WriteNumber("nms_iou", ScoreOrder.Meant(rule.NmsIoU));
        json.WriteNumber("max_detections", rule.MaxDetections);
        json.WriteEndObject();
        json.WriteStartObject("transform");
        json.WriteNumber("min", model.Resize?.Min ?? 800);
        json.WriteNumber("max", model.Resize?.Max ?? 1333);
        Numbers(json, "mean", model.Pixels.Mean);
        Numbers(json, "std", model.Pixels.Std);
        json.WriteEndObject();
    }

    private static NetworkTrace Trace(Detector detector)
    {
        try
        {
            return NetworkTrace.Of(detector.Program, new CanvasSize(256, 256));
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException($"torchvision cannot build {detector.Description.Name}: {e.Message}", e);
        }
    }

    /// <summary>What torchvision's RetinaNet has no way to say.</summary>
    private static void Require(ModelDescription model)
    {
        List<string> problems = [];
        if (model.Pixels.Bgr || model.Pixels.Scale != 1)
        {
            problems.Add(FormattableString.Invariant(
                $"pixels are {(model.Pixels.Bgr ? "blue first" : "red first")}, 0 to {model.Pixels.Scale} (torchvision: red first, 0 to 1)"));
        }

        if (model.Anchors.Any(a => !a.Rounded))
        {
            problems.Add("anchors are not rounded (torchvision rounds their half sides)");
        }

        if (model.Anchors.Any(a => a.Stride > 0))
        {
            problems.Add("anchors are 2^level pixels apart (torchvision: canvas / grid)");
        }

        if (model.Anchors.Any(a => a.SizeMajor && a.Sizes.Length > 1 && a.Ratios.Length > 1))
        {
            problems.Add("anchors of a cell are ordered by size (torchvision: by ratio)");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(
                $"torchvision cannot build {model.Name}: {string.Join("; ", problems)}. They come from Preset.{model.Preset} or are declared; nothing was "
                + "compared.");
        }
    }

    private void WriteBody(Utf8JsonWriter json)
    {
        var blocks = Enumerable.Range(1, 4).Select(Blocks).TakeWhile(n => n > 0).ToArray();
        var width = convolutions[$"{Body}conv1"].OutChannels;
        json.WriteStartObject("body");
        json.WriteBoolean("bottleneck", HasBottlenecks);
        json.WriteStartArray("blocks");
        foreach (var count in blocks)
        {
            json.WriteNumberValue(count);
        }

        json.WriteEndArray();
        json.WriteNumber("width", width);
        json.WriteNumber("groups", convolutions[$"{Body}layer1.0.conv2"].Groups);
        json.WriteNumber("width_per_group", WidthPerGroup(width, blocks.Length));
        WriteNorm(json, groupNorms.TryGetValue($"{Body}bn1", out var groups) ? groups : null);
        json.WriteEndObject();
    }

    /// <summary>The number of which torchvision makes the widths that the bottlenecks have: ⌊planes · x / 64⌋ · groups.</summary>
    private int WidthPerGroup(int width, int stages)
    {
        const int Planes = 64;
        return HasBottlenecks
            ? Enumerable.Range(1, 1 << 16).First(x => Enumerable.Range(0, stages).All(stage =>
            {
                var spatial = convolutions[FormattableString.Invariant($"{Body}layer{stage + 1}.0.conv2")];
                return (int)((width << stage) * (x / (double)Planes)) * spatial.Groups == spatial.OutChannels;
            }))
            : Planes;
    }

    private int Blocks(int stage)
    {
        var count = 0;
        while (convolutions.ContainsKey(FormattableString.Invariant($"{Body}layer{stage}.{count}.conv1")))
        {
            count++;
        }

        return count;
    }

    private void WritePyramid(Utf8JsonWriter json)
    {
        const string Fpn = "backbone.fpn.";
        json.WriteStartObject("pyramid");
        json.WriteNumber("min_level", model.MinLevel);
        json.WriteNumber("max_level", model.MaxLevel);
        json.WriteNumber("channels", convolutions[$"{Fpn}layer_blocks.0.0"].OutChannels);
        json.WriteStartArray("inputs");
        for (var i = 0; convolutions.TryGetValue(FormattableString.Invariant($"{Fpn}inner_blocks.{i}.0"), out var lateral); i++)
        {
            json.WriteNumberValue(lateral.InChannels);
        }

        json.WriteEndArray();
        var p6 = network.Nodes.OfType<ConvNode>().FirstOrDefault(n => n.Key == $"{Fpn}extra_blocks.p6");
        json.WriteBoolean("p6_from_p5", p6?.X.Name == "P5");
        json.WriteEndObject();
    }

    private void WriteHead(Utf8JsonWriter json)
    {
        var depth = 0;
        while (convolutions.ContainsKey(FormattableString.Invariant($"{Head}{depth}.0")))
        {
            depth++;
        }

        json.WriteStartObject("head");
        json.WriteNumber("depth", depth);
        json.WriteNumber("width", convolutions[$"{Head}0.0"].OutChannels);
        json.WriteNumber("anchors", model.AnchorsPerCell);
        json.WriteNumber("classes", model.PostProcessing.Classes);
        if (groupNorms.TryGetValue($"{Head}0.1", out var groups))
        {
            WriteNorm(json, groups);
        }
        else
        {
            json.WriteNull("norm");
        }

        json.WriteEndObject();
    }

    private void WriteNorm(Utf8JsonWriter json, int? groups)
    {
        json.WriteStartObject("norm");
        json.WriteString("kind", groups is not null ? "group" : model.FrozenBatchNorm ? "frozen" : "batch");
        if (groups is { } count)
        {
            json.WriteNumber("groups", count);
        }

        json.WriteEndObject();
    }

    /// <summary>In decimals that give the same floats again.</summary>
    private static void Numbers(Utf8JsonWriter json, string name, float[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
